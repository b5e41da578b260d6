#include "tests/faults/name_log.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "tests/faults/real.hpp"

namespace fieldpost::faults {

namespace {

// Fields of a line are parted by what no name of ours has in it.
constexpr char parting = '\t';
constexpr const char* line_end = ".";

std::string folder_of(const std::string& path) {
    return path.substr(0, path.find_last_of('/'));
}

ino_t inode_of(const std::string& path) {
    struct stat info {};
    return real().lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

std::string whole_file(int fd) {
    std::string text;
    std::array<char, 4096> piece{};
    for (;;) {
        const ssize_t got = real().pread(fd, piece.data(), piece.size(), static_cast<off_t>(text.size()));
        if (got <= 0) return text;
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace

void NameLog::open(const std::string& root) {
    side_ = root + "/.powercut";
    ::mkdir(side_.c_str(), 0750);
    log_ = real().open((side_ + "/names").c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (log_ < 0) return;
    std::istringstream lines(whole_file(log_));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::array<std::string, 6> field;
        for (std::string& each : field) std::getline(fields, each, parting);
        if (field[5] != line_end) continue;  // a full disk took only a part of it: as if it were durable
        if (field[0] == "synced") {
            strike(field[1]);
        } else {
            entries_.push_back({field[0][0], folder_of(field[1]), field[1], field[2],
                                static_cast<ino_t>(std::stoull(field[3])), field[4]});
        }
    }
    std::for_each(entries_.rbegin(), entries_.rend(), [this](const Entry& entry) { undo(entry); });
    all_synced();
}

void NameLog::undo(const Entry& entry) {
    if (entry.what == 'm' && inode_of(entry.path) == entry.file) real().unlink(entry.path.c_str());
    if (entry.what == 'r' && inode_of(entry.path) == entry.file && inode_of(entry.from) == 0) {
        real().rename(entry.path.c_str(), entry.from.c_str());
    }
    if (!entry.saved.empty() && inode_of(entry.path) == 0) {
        real().link(entry.saved.c_str(), entry.path.c_str());
    }
}

void NameLog::made(const std::string& path, ino_t file) {
    add({'m', folder_of(path), path, {}, file, {}});
}

void NameLog::renamed(const std::string& from, const std::string& to, ino_t file, const std::string& saved) {
    add({'r', folder_of(to), to, from, file, saved});
}

void NameLog::unlinked(const std::string& path, ino_t file, const std::string& saved) {
    add({'u', folder_of(path), path, {}, file, saved});
}

void NameLog::add(Entry entry) {
    write_line(std::string(1, entry.what) + parting + entry.path + parting + entry.from + parting +
               std::to_string(entry.file) + parting + entry.saved + parting);
    entries_.push_back(std::move(entry));
}

// One write: a kill leaves a line whole or not at all.
void NameLog::write_line(const std::string& line) {
    const std::string whole = line + line_end + "\n";
    [[maybe_unused]] const ssize_t wrote = real().write(log_, whole.data(), whole.size());
}

std::string NameLog::save(const std::string& path) {
    const std::string saved = side_ + "/" + std::to_string(::getpid()) + "-" + std::to_string(++next_saved_);
    return real().link(path.c_str(), saved.c_str()) == 0 ? saved : std::string();
}

void NameLog::forget(const std::string& saved) {
    if (!saved.empty()) real().unlink(saved.c_str());
}

void NameLog::strike(const std::string& folder) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.folder == folder; });
}

void NameLog::synced(const std::string& folder) {
    std::vector<std::string> saved;
    for (const Entry& entry : entries_) {
        if (entry.folder == folder) saved.push_back(entry.saved);
    }
    if (saved.empty()) return;
    write_line(std::string("synced") + parting + folder + std::string(4, parting));
    strike(folder);
    for (const std::string& each : saved) forget(each);
    if (entries_.empty()) real().ftruncate(log_, 0);
}

void NameLog::all_synced() {
    if (log_ < 0) return;
    std::vector<Entry> done;
    done.swap(entries_);
    [[maybe_unused]] const int emptied = real().ftruncate(log_, 0);
    for (const Entry& entry : done) forget(entry.saved);
}

}  // namespace fieldpost::faults
