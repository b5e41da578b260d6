// fieldpost-board: checks board files, and shows what a vehicle gets from one. tools/board builds and runs
// it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <vector>

#include "hal/board.hpp"

namespace {

namespace fs = std::filesystem;
using namespace fieldpost;

int problems = 0;

void tell(const std::string& text) {
    std::printf("%s\n", text.c_str());
    problems += 1 + static_cast<int>(std::ranges::count(text, '\n'));
}

// Every board.toml below a folder; a file is itself. A folder in which somebody began a board and forgot the
// file is told.
std::vector<fs::path> board_files(const std::vector<fs::path>& places) {
    std::vector<fs::path> files;
    for (const fs::path& place : places) {
        if (!fs::is_directory(place)) {
            files.push_back(place);
            continue;
        }
        const std::size_t before = files.size();
        for (const auto& entry : fs::recursive_directory_iterator(place)) {
            const fs::path& path = entry.path();
            if (path.filename() == "board.toml") files.push_back(path);
            const bool part = path.extension() == ".rules" || path.extension() == ".dtso";
            if (part && !fs::exists(path.parent_path() / "board.toml")) {
                tell(path.string() + ": there is no board.toml beside this file");
            }
        }
        if (files.size() == before) tell(place.string() + ": there is no board.toml in this folder");
    }
    std::ranges::sort(files);
    files.erase(std::unique(files.begin(), files.end()), files.end());
    return files;
}

int check(const std::vector<fs::path>& places) {
    std::map<std::string, fs::path>
        compatible;  // of two boards with one id, each would take the other's updates
    int sound = 0;
    for (const fs::path& file : board_files(places)) {
        const auto board = hal::load_board(file);
        if (!board) {
            tell(board.error().message);
            continue;
        }
        ++sound;
        const auto [other, is_first] = compatible.emplace(board->compatible, file);
        if (!is_first) {
            tell(file.string() + ": compatible is \"" + board->compatible + "\", as in " +
                 other->second.string() + ": an update for one board would be installed on the other");
        }
    }
    std::printf("%d board%s in order, %d problem%s\n", sound, sound == 1 ? "" : "s", problems,
                problems == 1 ? "" : "s");
    return problems == 0 ? 0 : 1;
}

void show_part(hal::Capability one, const hal::BoardPart& part) {
    std::printf("%s %s %s\n", std::string(to_string(one)).c_str(),
                std::string(to_string(part.fitting)).c_str(), part.driver.c_str());
    for (const auto& [key, value] : part.settings) {
        std::printf("%s.%s %s\n", std::string(to_string(one)).c_str(), key.c_str(), value.c_str());
    }
    for (const auto& [key, value] : part.supervisor)
        std::printf("supervisor.settings.%s %u\n", key.c_str(), value);
}

// One "key value" a line, for scripts too.
int show(const fs::path& file, const std::string& name) {
    const auto board = hal::load_board(file);
    if (!board) {
        std::fprintf(stderr, "%s\n", board.error().message.c_str());
        return 1;
    }
    std::printf("name %s\ncompatible %s\narchitecture %s\n", board->name.c_str(), board->compatible.c_str(),
                board->architecture.c_str());
    if (board->kind == hal::BoardKind::supervisor) {
        std::printf("core %s\nflash %llu\nram %llu\n", board->mcu->core.c_str(),
                    static_cast<unsigned long long>(board->mcu->flash),
                    static_cast<unsigned long long>(board->mcu->ram));
        return 0;
    }
    const auto revision = hal::choose_revision(*board, name);
    if (!revision) {
        std::fprintf(stderr, "%s\n", revision.error().message.c_str());
        return 1;
    }
    std::printf("revision %s\n", (*revision)->name.c_str());
    for (const auto& [one, part] : (*revision)->parts) show_part(one, part);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"fieldpost-board: the boards that Fieldpost runs on"};
    app.require_subcommand(1);
    std::vector<fs::path> places;
    fs::path file;
    std::string revision;
    auto* checking =
        app.add_subcommand("check", "Says what is wrong in board files; exit code 1 if anything");
    checking->add_option("places", places, "Board files, or folders of them")
        ->required()
        ->check(CLI::ExistingPath);
    auto* showing = app.add_subcommand("show", "What a vehicle gets from a board file, a line each");
    showing->add_option("file", file, "The board file")->required()->check(CLI::ExistingFile);
    showing->add_option("--revision", revision, "Of that hardware revision instead of the one detected here");
    CLI11_PARSE(app, argc, argv);
    return *checking ? check(places) : show(file, revision);
}
