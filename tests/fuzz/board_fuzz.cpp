// Any text as a board file, and as its udev rules. It is refused with sentences that name file and line; or
// taken: then every revision has every part, a part's driver is one that there is, an absent part has none,
// no two revisions have one name, and each is found by its name.
#include <algorithm>
#include <set>

#include "hal/board.hpp"
#include "hal/udev_rules.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

constexpr const char* file = "/nowhere/board.toml";

// The drivers' names alone: a driver that is made may open the file that its setting names.
const hal::DriverTables& names_only() {
    static const hal::DriverTables tables = [] {
        hal::DriverTables out = hal::built_in_drivers();
        for (auto& [capability, table] : out) table.check = nullptr;
        return out;
    }();
    return tables;
}

void check_revision(const hal::Board& board, const hal::BoardRevision& revision) {
    must(revision.parts.size() == hal::all_capabilities.size(), "a revision has a word for every part");
    for (const auto& [capability, part] : revision.parts) {
        const auto& names = names_only().at(capability).names;
        if (part.fitting == hal::Fitting::absent) {
            must(part == hal::BoardPart(), "a part that is absent has no driver");
        } else {
            must(std::ranges::count(names, part.driver) == 1, "a part's driver is one that there is");
        }
    }
    const auto found = hal::choose_revision(board, revision.name);
    must(found && (*found)->name == revision.name, "a revision is found by its name");
}

void check_rules(std::string_view text) {
    const auto lines = std::ranges::count(text, '\n') + 1;
    const hal::UdevRules rules = hal::read_udev_rules(text);
    for (const hal::UdevLink& link : rules.links) {
        must(!link.name.empty() && link.line >= 1 && link.line <= lines, "a link has a name and a line");
    }
    for (const hal::UdevProblem& problem : rules.problems) {
        must(problem.line >= 1 && problem.line <= lines && problem.column >= 1 && !problem.sentence.empty(),
             "a problem has a place and a sentence");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(64U << 20U);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (size > 16384) return 0;  // each value is told of several times
    check_rules(text);
    const auto board = hal::parse_board(text, file, names_only());
    if (!board) {
        must(board.error().code == ErrorCode::invalid_argument && board.error().message.starts_with(file),
             "a refusal names the file");
        return 0;
    }
    must(!board->compatible.empty() && !board->name.empty(), "a board has a name and an id");
    std::set<std::string> names;
    for (const hal::BoardRevision& revision : board->revisions) {
        must(names.insert(revision.name).second, "a revision has a name of its own");
        check_revision(*board, revision);
    }
    must(board->kind == hal::BoardKind::supervisor || !board->revisions.empty(), "a computer has a revision");
    must((board->kind == hal::BoardKind::supervisor) == board->mcu.has_value(),
         "a supervisor has a controller");
    return 0;
}
