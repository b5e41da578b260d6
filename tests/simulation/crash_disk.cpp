#include "tests/simulation/crash_disk.hpp"

#include <algorithm>
#include <set>

namespace fieldpost::simulation {

void CrashDisk::File::apply(Bytes& content, const Change& change) {
    if (change.cut) {
        content.resize(change.at, '\0');
        return;
    }
    if (content.size() < change.at + change.bytes.size())
        content.resize(change.at + change.bytes.size(), '\0');
    content.replace(change.at, change.bytes.size(), change.bytes);
}

CrashDisk::Turn CrashDisk::turn() {
    if (off_) return {false, false};
    ++operations_;
    if (!cut_at_ || operations_ < *cut_at_) return {};
    off_ = true;
    cut_at_.reset();
    return {dice_.chance(0.5), false};
}

std::uint64_t CrashDisk::used() const {
    std::uint64_t bytes = 0;
    for (const auto& [name, file] : names_) bytes += file->seen_.size();
    return bytes;
}

CrashDisk::FilePtr CrashDisk::find(const std::string& name) const {
    const auto found = names_.find(name);
    return found == names_.end() ? nullptr : found->second;
}

std::vector<std::string> CrashDisk::names() const {
    std::vector<std::string> out;
    for (const auto& [name, file] : names_) out.push_back(name);
    return out;
}

CrashDisk::Outcome CrashDisk::name(const std::string& name, const FilePtr& file) {
    if (off_) return Outcome::off;
    const Turn now = turn();
    if (now.happens) {
        unsafe_names_.push_back({name, find(name), file});
        names_[name] = file;
    }
    return now.goes_on ? Outcome::done : Outcome::off;
}

CrashDisk::Outcome CrashDisk::create(const std::string& name, FilePtr& file) {
    if (auto known = find(name); known || off_) {
        file = known;
        return off_ ? Outcome::off : Outcome::done;
    }
    const Turn now = turn();
    if (now.happens) {
        file = std::make_shared<File>();
        names_[name] = file;
        unsafe_names_.push_back({name, nullptr, file});
    }
    return now.goes_on ? Outcome::done : Outcome::off;
}

CrashDisk::Outcome CrashDisk::remove(const std::string& name) {
    if (off_) return Outcome::off;
    const auto found = names_.find(name);
    if (found == names_.end()) return Outcome::missing;
    const Turn now = turn();
    if (now.happens) {
        unsafe_names_.push_back({name, found->second, nullptr});
        names_.erase(found);
    }
    return now.goes_on ? Outcome::done : Outcome::off;
}

CrashDisk::Outcome CrashDisk::write(File& file, std::size_t at, BytesView bytes) {
    if (off_) return Outcome::off;
    const std::size_t end = at + bytes.size();
    if (size_ != 0 && end > file.seen_.size() && used() + (end - file.seen_.size()) > size_)
        return Outcome::full;
    const Turn now = turn();
    if (now.happens) {
        file.unsafe_.push_back({at, Bytes(bytes), false});
        File::apply(file.seen_, file.unsafe_.back());
    }
    return now.goes_on ? Outcome::done : Outcome::off;
}

CrashDisk::Outcome CrashDisk::truncate(File& file, std::size_t size) {
    const Turn now = turn();
    if (now.happens) {
        file.unsafe_.push_back({size, {}, true});
        File::apply(file.seen_, file.unsafe_.back());
    }
    return now.goes_on ? Outcome::done : Outcome::off;
}

CrashDisk::Outcome CrashDisk::sync(File& file) {
    const Turn now = turn();
    if (now.happens && !lies_) {
        file.safe_ = file.seen_;
        file.unsafe_.clear();
    }
    return now.goes_on ? Outcome::done : Outcome::off;
}

CrashDisk::Outcome CrashDisk::sync_names() {
    const Turn now = turn();
    if (now.happens && !lies_) unsafe_names_.clear();
    return now.goes_on ? Outcome::done : Outcome::off;
}

// What of a file is there after the power cut. The kernel may have written any of the changes already, in any
// order, and the last of them in part.
Bytes CrashDisk::survivor(File& file) {
    const std::uint64_t way = dice_.below(4);
    if (way == 0) return file.safe_;
    if (way == 1) return file.seen_;
    Bytes content = file.safe_;
    for (const File::Change& change : file.unsafe_) {
        if (way == 2 || change.cut) {
            if (dice_.chance(0.5)) File::apply(content, change);
            continue;
        }
        // Each sector that the write touches by itself; what is between two that were written reads as zeros.
        for (std::size_t from = 0; from < change.bytes.size();) {
            const std::size_t sector_end = ((change.at + from) / sector_bytes + 1) * sector_bytes;
            const std::size_t count = std::min(change.bytes.size() - from, sector_end - (change.at + from));
            if (dice_.chance(0.5))
                File::apply(content, {change.at + from, change.bytes.substr(from, count), false});
            from += count;
        }
    }
    return content;
}

void CrashDisk::boot(Loss loss) {
    off_ = false;
    cut_at_.reset();
    if (loss == Loss::what_was_not_synced) {
        // A file system keeps the order of its own changes: names are lost from the last backwards.
        const std::uint64_t kept = dice_.below(unsafe_names_.size() + 1);
        while (unsafe_names_.size() > kept) {
            const Renaming& last = unsafe_names_.back();
            if (last.before) {
                names_[last.name] = last.before;
            } else {
                names_.erase(last.name);
            }
            unsafe_names_.pop_back();
        }
        for (const auto& [name, file] : names_) {
            if (file->unsafe_.empty()) continue;
            file->seen_ = survivor(*file);
        }
    }
    unsafe_names_.clear();
    for (const auto& [name, file] : names_) {
        file->safe_ = file->seen_;
        file->unsafe_.clear();
    }
}

CrashDisk::Image CrashDisk::image() const {
    Image out;
    for (const auto& [name, file] : names_) out[name] = file->seen_;
    return out;
}

void CrashDisk::replace(const Image& image) {
    names_.clear();
    unsafe_names_.clear();
    for (const auto& [name, content] : image) {
        auto file = std::make_shared<File>();
        file->seen_ = file->safe_ = content;
        names_[name] = std::move(file);
    }
}

}  // namespace fieldpost::simulation
