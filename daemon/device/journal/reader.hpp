// The journal's reading half: a connection of its own, which sees what the writer has committed. One thread.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "daemon/device/journal/entries.hpp"
#include "daemon/device/journal/room.hpp"
#include "sync/engine/uplink.hpp"

namespace fieldpost::device {

class JournalReader {
  public:
    // Of a journal that JournalWriter has opened before.
    static Result<std::unique_ptr<JournalReader>> open(const std::filesystem::path& path);
    ~JournalReader();

    // Chain hash after entry `seq`, 1 or higher; nullopt when the journal does not hold it.
    Result<std::optional<Bytes>> hash_at(std::uint64_t epoch, protocol::Lane lane, std::uint64_t seq);
    // From here on nothing of the lane made room: it is whole, but for what a later epoch carries.
    Result<std::uint64_t> first_held(std::uint64_t epoch, protocol::Lane lane);
    // Entries through `noted` that wait at the hub for another one, oldest first.
    Result<std::vector<std::uint64_t>> parked(std::uint64_t epoch, protocol::Lane lane, std::uint64_t after,
                                              std::uint64_t noted, std::size_t most);
    // Lanes of the epochs before this one that the hub held something of, newest epoch first; as
    // JournalView::earlier().
    Result<std::vector<protocol::LanePosition>> earlier(std::uint64_t epoch, std::size_t most);
    // after < seq <= through, in order, until a bound is reached; at least one when there is one.
    Result<std::vector<engine::JournalEntry>> read(std::uint64_t epoch, protocol::Lane lane,
                                                   std::uint64_t after, std::uint64_t through,
                                                   std::size_t max_entries, std::size_t max_bytes);
    // Of the lane's entries after `after`: what the device reported by itself.
    Result<std::uint64_t> reports_of_device(std::uint64_t epoch, protocol::Lane lane, std::uint64_t after);
    // Newest first: by what the clock showed, or as they were written.
    Result<std::vector<Recorded>> find(const JournalQuery& query);
    // What find() asks the database; its plan decides whether that walks all there are.
    static std::string text_of(const JournalQuery& query);
    Result<std::optional<Recorded>> by_id(const std::string& id);
    // The last operation of that effect that the lane was given, whatever the clock showed.
    Result<std::optional<Recorded>> last(protocol::Lane lane, int effect);
    Result<JournalSize> size() { return size_of(*database_); }
    // Unix microseconds, as the clock showed; nullopt when there is no such entry.
    Result<std::optional<std::int64_t>> recorded_at(std::uint64_t epoch, protocol::Lane lane,
                                                    std::uint64_t seq);

  private:
    struct Statements;
    explicit JournalReader(std::unique_ptr<Database> database);

    // How many epochs ago each was open.
    std::map<std::uint64_t, int> ages();

    std::unique_ptr<Database> database_;
    std::unique_ptr<Statements> statements_;  // of what is asked for each batch and each status
};

}  // namespace fieldpost::device
