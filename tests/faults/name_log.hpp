// The names in folders that are there as seen, and not on the disk yet: undone after a power cut.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace fieldpost::faults {

// Files made, renamed and unlinked happen at once, and are written down in FOLDER/.powercut/names with what
// is needed to undo them. Syncing their folder strikes them out; a process that starts undoes what it finds.
// Its owner serialises all calls.
class NameLog {
  public:
    // Undoes what a killed process left. `root` is absolute and without links.
    void open(const std::string& root);

    // Each after it happened; paths are absolute. `file` is the inode that has, or had, the name.
    void made(const std::string& path, ino_t file);
    void renamed(const std::string& from, const std::string& to, ino_t file, const std::string& saved);
    void unlinked(const std::string& path, ino_t file, const std::string& saved);
    // Before a name is taken away: keeps the file under another one; "" when it cannot.
    std::string save(const std::string& path);
    void forget(const std::string& saved);

    // The folder's names are durable.
    void synced(const std::string& folder);
    void all_synced();

  private:
    struct Entry {
        char what;           // 'm'ade, 'r'enamed, 'u'nlinked
        std::string folder;  // of the name, or of the new one
        std::string path;
        std::string from;  // renamed: the old name
        ino_t file;
        std::string saved;  // the file that lost its name
    };

    void add(Entry entry);
    void write_line(const std::string& line);
    void undo(const Entry& entry);
    void strike(const std::string& folder);

    std::string side_;  // root/.powercut
    int log_ = -1;
    unsigned next_saved_ = 0;
    std::vector<Entry> entries_;
};

}  // namespace fieldpost::faults
