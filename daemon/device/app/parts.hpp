// What is fitted: the one place where the board file and the configuration meet.
//
// The board file says which driver a part has and with which settings. A table of the configuration with the
// part's name changes it: one that names a driver stands for itself, one that names none changes single
// settings. Without a board the configuration says everything.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hal/board.hpp"
#include "sync/base/config.hpp"

namespace fieldpost::device {

class Parts {
  public:
    // Reads [board] of the configuration; `board_file`, from the command line, counts instead of its key.
    // What is wrong with either is told by the configuration's finish().
    Parts(const ConfigTable& root, const std::filesystem::path& board_file);

    // The part, from the board and from the configuration's table of the capability's name, or `table`;
    // tables within that are not the driver's. `driver` is taken when neither names one.
    hal::BoardPart part(hal::Capability capability, std::string_view driver,
                        std::string_view table = {}) const;

    // Null without a board, and when its revision is not known.
    const hal::BoardRevision* revision() const { return revision_; }
    const std::optional<hal::Board>& board() const { return board_; }
    hal::BoardLimits limits() const { return board_ ? board_->limits : hal::BoardLimits(); }
    // Why the board's parts are not known; empty when they are, or when there is no board. The program goes
    // on with what the configuration says.
    const std::string& problem() const { return problem_; }

  private:
    void read(const ConfigTable& table, const std::filesystem::path& board_file);

    ConfigTable root_;
    std::optional<hal::Board> board_;
    const hal::BoardRevision* revision_ = nullptr;
    std::string problem_;
};

}  // namespace fieldpost::device
