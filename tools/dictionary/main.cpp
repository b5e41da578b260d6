// fieldpost-dictionary: trains the dictionary of the batches and writes it to a file.
#include <cstdio>

#include "sync/base/file.hpp"
#include "tools/dictionary/train.hpp"

int main(int argc, char** argv) {
    if (argc != 2 || argv[1][0] == '-') {
        std::fprintf(stderr,
                     "fieldpost-dictionary FILE: trains the dictionary that batches are compressed with.\n"
                     "A number that was shipped keeps its file; what is better gets the next number.\n");
        return 2;
    }
    const auto trained = fieldpost::dictionary::train();
    if (!trained) {
        std::fprintf(stderr, "fieldpost-dictionary: %s\n", trained.error().message.c_str());
        return 1;
    }
    if (const auto written = fieldpost::write_file_atomic(argv[1], *trained); !written) {
        std::fprintf(stderr, "fieldpost-dictionary: %s\n", written.error().message.c_str());
        return 1;
    }
    std::printf("%zu bytes in %s\n", trained->size(), argv[1]);
    return 0;
}
