// fieldpost-hub conflicts list|show|resolve.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

namespace fieldpost::hub {

class ConflictCommands {
  public:
    // Adds the commands; `store` is where they put --store.
    ConflictCommands(CLI::App& app, std::filesystem::path& store);

    // The exit code when one of them was asked for: 0, or 1 with a sentence on stderr.
    std::optional<int> run();

  private:
    int list();
    int show();
    int resolve();

    std::filesystem::path& store_;
    CLI::App* command_;
    CLI::App* list_;
    CLI::App* show_;
    CLI::App* resolve_;
    std::string state_ = "open";
    std::size_t limit_ = 100;
    std::int64_t id_ = 0;
    std::string choice_;
    std::string value_;
    std::string by_;
};

}  // namespace fieldpost::hub
