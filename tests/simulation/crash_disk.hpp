// The disk of one simulated machine, and its power. What is written is seen at once and safe only once it is
// synced; a name that was made or taken away is safe once its folder is. After a power cut nothing works
// until boot(), which keeps, drops or tears what was not safe, by seed.
//
// Knows nothing of SQLite (crash_vfs.hpp does) and counts every operation that changes something, so that a
// run can be cut at each of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sync/base/bytes.hpp"
#include "tests/simulation/dice.hpp"

namespace fieldpost::simulation {

class CrashDisk {
  public:
    static constexpr std::size_t sector_bytes = 512;

    // The content of a file. Stays usable through a handle when its name is gone.
    class File {
      public:
        const Bytes& content() const { return seen_; }

      private:
        friend class CrashDisk;
        struct Change {
            std::size_t at = 0;
            Bytes bytes;       // written there …
            bool cut = false;  // … or: the file ends there
        };
        static void apply(Bytes& content, const Change& change);

        Bytes seen_;
        Bytes safe_;
        std::vector<Change> unsafe_;  // since the last sync, in order
    };
    using FilePtr = std::shared_ptr<File>;
    // What a copy of the disk holds.
    using Image = std::map<std::string, Bytes>;

    enum class Outcome { done, off, full, missing };

    explicit CrashDisk(std::uint64_t seed) : dice_(seed) {}

    // The n-th operation from now on (1: the next) is the last: it is done or not, and all that follow fail.
    void cut_at(std::uint64_t n) { cut_at_ = operations_ + n; }
    bool armed() const { return cut_at_.has_value(); }
    void disarm() { cut_at_.reset(); }
    void cut() { off_ = true; }
    bool off() const { return off_; }
    std::uint64_t operations() const { return operations_; }

    enum class Loss { nothing, what_was_not_synced };
    // Ends a cut. `nothing`: the programs died, the kernel wrote all in time.
    void boot(Loss loss = Loss::what_was_not_synced);

    // Bytes that fit; 0: any number.
    void set_size(std::uint64_t bytes) { size_ = bytes; }
    std::uint64_t used() const;
    // From now on a sync does nothing but say that it is done, as some cards do.
    void set_lies(bool lies) { lies_ = lies; }

    Image image() const;
    // The disk is another one, with this on it. No handle may be open.
    void replace(const Image& image);

    // For a simulated store without files, which counts its steps here. `happens`: the step is still done;
    // `goes_on`: the power is there after it.
    struct Turn {
        bool happens = true;
        bool goes_on = true;
    };
    Turn step() { return turn(); }
    // Such a store is full when its disk has a size at all.
    bool limited() const { return size_ != 0; }

    FilePtr find(const std::string& name) const;
    std::vector<std::string> names() const;
    Outcome create(const std::string& name, FilePtr& file);
    FilePtr nameless() const { return std::make_shared<File>(); }
    // The file has this name from now on, whatever had it before: a rename.
    Outcome name(const std::string& name, const FilePtr& file);
    Outcome remove(const std::string& name);
    Outcome write(File& file, std::size_t at, BytesView bytes);
    Outcome truncate(File& file, std::size_t size);
    Outcome sync(File& file);
    Outcome sync_names();

  private:
    struct Renaming {
        std::string name;
        FilePtr before;  // none: it was created
        FilePtr after;   // none: it was removed
    };
    Turn turn();
    Bytes survivor(File& file);

    Dice dice_;
    std::map<std::string, FilePtr> names_;
    std::vector<Renaming> unsafe_names_;
    std::uint64_t operations_ = 0;
    std::optional<std::uint64_t> cut_at_;
    bool off_ = false;
    bool lies_ = false;
    std::uint64_t size_ = 0;
};

}  // namespace fieldpost::simulation
