// Attachments in memory, as a device's store has them.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "sync/base/crypto.hpp"
#include "sync/engine/blobs.hpp"

namespace fieldpost::engine::testing {

// The same for a number whenever it is asked.
inline Bytes content_of(std::uint64_t number, std::size_t bytes) {
    std::mt19937_64 random(number);
    Bytes out(bytes, '\0');
    std::ranges::generate(out, [&] { return static_cast<char>(random()); });
    return out;
}

class MemoryBlobs final : public BlobView {
  public:
    std::vector<WaitingBlob> waiting(std::size_t limit) override {
        std::vector<WaitingBlob> out;
        for (const bool thumbnail : {true, false}) {
            for (const Bytes& sha256 : order) {
                const auto& [content, is_thumbnail] = blobs.at(sha256);
                if (is_thumbnail != thumbnail || done.contains(sha256) || out.size() >= limit) continue;
                out.push_back({sha256, content.size(), thumbnail});
            }
        }
        return out;
    }
    Result<Bytes> read(BytesView sha256, std::uint64_t offset, std::size_t bytes) override {
        if (unreadable.contains(Bytes(sha256))) return fail(ErrorCode::io, "cannot be read");
        return blobs.at(Bytes(sha256)).first.substr(offset, bytes);
    }
    Bytes add(std::size_t bytes, bool thumbnail = false) {
        const Bytes content = content_of(order.size() + 1, bytes);
        order.push_back(sha256(content));
        blobs[order.back()] = {content, thumbnail};
        return order.back();
    }
    // What its program does with the engine's notes.
    void carry_out(const NoteBlob& note) {
        done.insert(note.sha256);
        notes.push_back(note);
    }
    void carry_out(const Actions& actions) {
        for (const Action& action : actions) {
            if (const auto* note = std::get_if<NoteBlob>(&action)) carry_out(*note);
        }
    }

    std::vector<Bytes> order;
    std::map<Bytes, std::pair<Bytes, bool>> blobs;  // content, and whether it is a thumbnail
    std::set<Bytes> done;                           // delivered, or refused
    std::set<Bytes> unreadable;
    std::vector<NoteBlob> notes;
};

}  // namespace fieldpost::engine::testing
