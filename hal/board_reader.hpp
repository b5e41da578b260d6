// Reads one board file. For board.hpp; a program calls load_board() or parse_board().
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hal/board.hpp"
#include "hal/udev_rules.hpp"
#include "sync/base/config.hpp"

namespace fieldpost::hal {

class BoardReader {
  public:
    // All three must outlive the reader.
    BoardReader(const Config& config, const std::filesystem::path& file, const DriverTables& drivers);

    // To be called once.
    Result<Board> read();

  private:
    struct Port {
        std::string path;      // where programs open it
        std::string hardware;  // the kernel's name of it; empty when `path` is the kernel's own
        std::string place;
    };
    struct Pin {
        std::string chip;  // both empty when no driver of ours switches it
        std::string line;
    };
    // A part as it is being put together, with where each of its settings was written.
    struct Draft {
        BoardPart part;
        std::vector<ConfigTable> driver_from;  // none or one
        std::map<std::string, ConfigTable, std::less<>> setting_from;
        bool is_whole = true;  // false: something that it names is not there, which was told
        std::map<std::string, std::string, std::less<>> claims;  // setting -> "port gnss", "pin led"
    };
    using Drafts = std::map<Capability, Draft>;

    void read_identity(const ConfigTable& table);
    void read_files(const ConfigTable& table);
    std::filesystem::path file_beside(const ConfigTable& table, std::string_view key);
    std::filesystem::path checked_file(const ConfigTable& table, std::string_view key,
                                       const std::string& name);
    void read_limits(const ConfigTable& table);
    void read_ports(const ConfigTable& table);
    void read_pins(const ConfigTable& table);
    void take_pin(const ConfigTable& table, std::string_view key, const std::string& pin);
    void read_microcontroller(const ConfigTable& table);

    void read_revisions(const ConfigTable& root);
    BoardRevision read_revision(const ConfigTable& table, const Drafts& fitted);
    void read_detection(const ConfigTable& table, BoardRevision& revision);
    void read_fittings(const ConfigTable& table, Drafts& drafts);
    Draft changed(const Draft& before, Capability capability, const ConfigTable& table);
    std::string resolved(const ConfigTable& table, const std::string& key, Draft& draft,
                         SettingMap& settings);
    void check_driver(Capability capability, const Draft& draft);
    void check_claims(const Drafts& drafts);

    void check_udev();
    void check_links(const UdevRules& rules);
    void check_strays();
    void tell_beside(const std::filesystem::path& file, int line, int column, std::string_view sentence);

    const Config& config_;
    const std::filesystem::path folder_;
    const DriverTables& drivers_;
    Board board_;
    std::map<std::string, Port, std::less<>> ports_;
    std::map<std::string, Pin, std::less<>> pins_;
    std::map<std::string, std::string, std::less<>> taken_;  // "pin GPIO4" -> where it was taken first
    std::set<std::string, std::less<>> present_somewhere_;
    std::vector<std::string> beside_;  // what is wrong in other files
};

}  // namespace fieldpost::hal
