// The city on board: the mounted snapshot, kept up to date by feed changes, and the next one being fetched
// beside it.
//
// Files in its folder:
//   city-<generation>.db       mounted, the last good one before it until this one has caught up, or one that
//                              could not be mounted yet: of another format than this program reads, or when
//                              the disk was full. It was verified, so it is tried again, at start and by
//                              prepare(), not fetched again.
//   draft-<generation>.part    being fetched; whole blocks only, checked again on resume
//   rights                     the feeds that the hub last said this device may hold, and whether files that
//                              may have others are to be removed still
//   city-<generation>.db.damaged-1   the last one that was damaged, for a person, until another city is
//                              fetched: one, as it can be fetched again and journal.db needs the room
//
// A lost right leaves nothing behind (PROTOCOL 9, 10). When the profile does not clear a feed any more, all
// of these but the mounted file go, and then the feed's rows in it: also what was set aside as damaged, which
// else is never deleted. What stays is what says that it holds cleared feeds only: a city that can be read,
// and the draft that is being fetched. That this is to be done is in `rights` before anything goes, and until
// all is gone: killed in between, the next start goes on. One that cannot be removed holds up nothing: it is
// tried again by mend() and at each contact, and left_over() tells of it. What else lies in the folder is a
// person's, and stays. So does, while no right is lost, what cannot be read: a city of another format, or the
// draft of an earlier run, would be fetched again. While no city can be changed, or none is mounted, the
// right is gone all the same: what may hold it and is not mounted goes at once, and each city is held to
// `rights` when it is mounted, at start or after its fetch, before anybody reads in it that can be changed.
//
// Threads: called on the loop thread; files are touched by one writer thread, and completions come back
// through `post`. Everything here can be fetched again: nothing in it is irreplaceable.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "daemon/support/worker_thread.hpp"
#include "sync/engine/device_engine.hpp"

namespace fieldpost::device {

// A city file that is open for reading and changing.
struct Mounted {
    std::filesystem::path file;
    engine::MountedCity city;
    std::string read_only;  // why it cannot be changed for now, such as a full disk; empty: it can
};

class CityCache {
  public:
    using Post = std::function<void(std::function<void()>)>;

    CityCache(std::filesystem::path folder, Post post);
    ~CityCache();

    // Mounts the newest file that is sound and of our format, setting damaged ones aside. nullopt when there
    // is none; an Error when there is one that only cannot be opened now. On a disk that cannot be written it
    // is mounted for reading only: look-up works, changes fail until mend() succeeds.
    Result<std::optional<Mounted>> open();
    // Tries again what the disk refused. `done` gets the city when it is mounted now and can be changed:
    // readers must be given it anew; an Error when it still is not; nullopt when there was nothing to mend.
    void mend(std::function<void(Result<std::optional<Mounted>>)> done);

    // The hub says which feeds this device may hold: kept before anything is made of it, and what is not
    // mounted and may hold a lost one goes at once. change_feeds() is for the mounted one.
    void note_rights(std::set<records::FeedId> feeds);

    // Applies a segment in one transaction; `done` gets the feed's new cursor and checksum. Of what the city
    // has already nothing is written. conflict when the segment does not join what it has, or the feed is not
    // held. The city's as_of moves with the newest row, but never beyond `now_s` (unix seconds): a source may
    // date a row in the future.
    void apply(records::FeedId feed, protocol::FeedSegment segment, std::int64_t now_s,
               std::function<void(Result<engine::FeedPoint>)> done);

    // In one transaction rows and cursors of the feeds that are dropped or begin again go, and these and the
    // added ones begin at 0 of this hub generation. `done` gets the city as it is then. Before feeds are
    // dropped every other file of ours that may have rows of them goes, a draft too: its fetch then fails.
    // With them go sources that no row is of: those that are cleared are told again. After an Error either
    // all is as it was, or it is to be done again, which does no harm.
    void change_feeds(engine::ChangeFeeds change, std::function<void(Result<engine::MountedCity>)> done);

    // Writes in one transaction what the sources are called and when they delivered last, in place of what is
    // there. conflict when the city does not stand at the heads.
    void note_deliveries(engine::NoteDeliveries note, std::function<void(Status)> done);

    // Opens the draft of the artifact; `done` gets the blocks it lacks: none when the city file is there
    // already. City files of another format make room for it. full when the disk has no room even so.
    void prepare(protocol::Manifest manifest, std::function<void(Result<std::vector<std::uint32_t>>)> done);
    void write_block(std::uint32_t block, Bytes content, std::function<void(Status)> done);
    // Removes the good generation behind the mounted one: that one has caught up, or the disk needs the room
    // more. `done` gets how many files went.
    void drop_older(std::function<void(std::size_t)> done);
    // How long its writer has been at one piece of work; zero when it waits for some.
    std::chrono::steady_clock::duration busy_for() const;
    // Why files that may have rows of a lost right are there still; empty when none are. Any thread.
    std::string left_over() const;
    // Verifies the draft as a whole and mounts it in place of what was mounted. conflict (another format, the
    // file stays) or corrupt (it was set aside): it is what the manifest says, and this program cannot use
    // it. Any other error may pass: prepare() again, and what is there is not fetched again.
    void finish(protocol::Manifest manifest, std::function<void(Result<Mounted>)> done);

  private:
    class Files;
    template <class F>
    void run(F&& job, std::function<void(Error)> refused);

    const Post post_;
    std::unique_ptr<Files> files_;
    std::unique_ptr<support::WorkerThread> thread_;  // last: joined before the rest goes
};

}  // namespace fieldpost::device
