#include <fstream>

#include "sync/records/address_words.hpp"
#include "tools/bench/peers/peers.hpp"

namespace fieldpost::bench {

std::string folded(std::string_view text) {
    std::string out = records::fold(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

double pss_mb() {
    std::ifstream rollup("/proc/self/smaps_rollup");
    std::string word;
    while (rollup >> word) {
        double kb = 0;
        if (word == "Pss:" && rollup >> kb) return kb / 1024;
    }
    return 0;
}

}  // namespace fieldpost::bench
