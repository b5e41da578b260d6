#include <cstdlib>
#include <exception>
#include <iostream>

#include "tools/fieldpost/program.hpp"

int main(int argc, char** argv) {
    try {
        const char* const socket = std::getenv("FIELDPOST_SOCKET");
        return fieldpost::cli::run_program({argv + 1, argv + argc}, socket == nullptr ? "" : socket,
                                           std::cout, std::cerr);
    } catch (const std::exception& exception) {
        std::cerr << "fieldpost: a fault of this program: " << exception.what() << "\n";
        return 1;
    }
}
