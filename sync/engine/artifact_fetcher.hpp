// Fetches one artifact at a time: manifest, then the blocks that the draft lacks, verified one by one. What
// is outstanding is what the link carries in a second, and a block: nothing waits long behind it. PROTOCOL:
// artifact rules 13 to 15, links 19.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "sync/engine/device_actions.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::engine {

// May so many bytes of an artifact, which are missing, go over the link of the moment?
using BulkRule = std::function<bool(std::uint64_t bytes)>;

class ArtifactFetcher {
  public:
    // `may` is asked before anything is asked for; while it says no, the fetch waits.
    ArtifactFetcher(
        std::string device, Bytes hub_public_key, BulkRule may = [](std::uint64_t) { return true; });

    // The newest generation that is mounted; 0: none.
    void mounted(std::uint64_t generation) { mounted_ = generation; }
    // The hub offers `offered`; fetch it when `needed` (nothing usable is mounted) and it is not one that
    // turned out to be of no use.
    void resume(Millis now, std::uint64_t offered, bool needed, Actions& actions);
    void pause();
    void manifest(Millis now, const protocol::Signed& sealed, Actions& actions);
    // The draft is open and lacks these blocks.
    void prepared(Millis now, std::vector<std::uint32_t> missing, Actions& actions);
    void block(Millis now, const protocol::BlockReply& reply, Actions& actions);
    // The program has written the block; the next may be asked for.
    void written(Millis now, std::uint32_t block, Actions& actions);
    // FinishArtifact ended. Not ok: it is what the hub offers, and this program cannot use it. It is not
    // fetched again, as it would come the same, until another generation is offered. Nor is one of which a
    // block came damaged three times.
    void finished(bool ok, Actions& actions);
    // A step failed at the program (no space, …): stop, to be taken up at a later hello, with the manifest
    // that is here. At the next one when nothing was fetched in vain; else after 30 s, and each time in a row
    // after twice as long, an hour at most.
    void failed(Millis now);
    void tick(Millis now, Actions& actions);

    bool fetching() const { return state_ != State::idle; }
    // Blocks are missing, and the link may not carry so much.
    bool waits_for_link() const;
    // Of the blocks that are missing, on the wire.
    std::uint64_t bytes_missing() const;
    std::size_t blocks_total() const;
    std::size_t blocks_done() const;

  private:
    enum class State { idle, wants_manifest, preparing, fetching, finishing };

    struct Asked {
        Millis at = 0;
        bool damaged = false;  // what came for it
    };

    void ask(Millis now, Actions& actions);
    void ask_manifest(Millis now, Actions& actions);
    void prepare(Actions& actions);
    void give_up(const std::string& why, Actions& actions);
    void stop();

    std::string device_;
    Bytes hub_public_key_;
    BulkRule may_;
    State state_ = State::idle;
    bool running_ = false;
    std::size_t credit_;  // bytes, 1 to 1 MiB
    std::uint64_t mounted_ = 0;
    std::uint64_t useless_ = 0;  // the generation that was given up
    std::uint64_t offered_ = 0;  // at this contact; 0: nothing, or it was taken up
    Millis asked_at_ = 0;
    Millis rests_until_ = 0;
    unsigned failures_ = 0;                       // in a row
    std::optional<protocol::Manifest> manifest_;  // kept when a step failed: it can be large
    Bytes sealed_;                                // the same, signed
    std::deque<std::uint32_t> missing_;
    std::map<std::uint32_t, Asked> outstanding_;
    std::set<std::uint32_t> writing_;
    std::map<std::uint32_t, unsigned> damaged_;  // copies that came so
};

}  // namespace fieldpost::engine
