#include "sync/engine/blobs.hpp"

#include <algorithm>
#include <set>

#include "sync/protocol/codec.hpp"

namespace fieldpost::engine {

namespace {

constexpr std::size_t look_ahead = 64;
// What a message has besides a chunk's content; also, no offer is longer.
constexpr std::size_t message_overhead = 64;
constexpr std::size_t least_message = 2 * message_overhead;
// Answers that come twice or late look like a lost chunk; so many of them do not.
constexpr std::size_t most_patience = 2;

}  // namespace

BlobSender::BlobSender(std::string device, BlobView& blobs, BlobLimits limits)
    : device_(std::move(device)), blobs_(blobs), limits_(limits) {}

void BlobSender::resume(Millis now) {
    pause();
    running_ = true;
    closed_.clear();
    look(now);
}

void BlobSender::pause() {
    running_ = false;
    for (auto& queue : queue_) queue.clear();
    for (auto& list : sending_) list.clear();
    outstanding_ = 0;
    lost_ = 0;
}

void BlobSender::look(Millis now) {
    look_ = false;
    looked_at_ = now;
    const std::size_t limit = look_ahead + closed_.size() + sending();
    const auto found = blobs_.waiting(limit);
    more_ = found.size() >= limit;
    std::set<Bytes> begun;
    for (const List& list : sending_) {
        for (const Sending& sending : list) begun.insert(sending.blob.sha256);
    }
    std::map<Bytes, Millis> still;
    for (auto& queue : queue_) queue.clear();
    for (const WaitingBlob& blob : found) {
        const auto closed = closed_.find(blob.sha256);
        if (closed != closed_.end() && now - closed->second < limits_.longest_timeout) {
            still.insert(*closed);
        } else if (begun.insert(blob.sha256).second) {
            queue_[blob.thumbnail ? 1 : 0].push_back(blob);
        }
    }
    closed_ = std::move(still);
}

void BlobSender::fill(Millis now) {
    if (look_ || now - looked_at_ >= limits_.look_again) look(now);
    for (std::size_t i = 0; i < queue_.size(); ++i) {
        while (sending_[i].size() < limits_.at_once && !queue_[i].empty()) {
            Sending added;
            added.blob = std::move(queue_[i].front());
            added.ask_at = now;
            queue_[i].pop_front();
            sending_[i].push_back(std::move(added));
        }
    }
}

Publish BlobSender::send(Millis now, Sending& sending, std::uint64_t end, const protocol::Up& up) {
    Publish publish{protocol::topic::up(device_), up.SerializeAsString(), false};
    if (sending.on_its_way.empty()) sending.patience_from = now;
    sending.on_its_way.push_back({end, publish.payload.size(), now});
    outstanding_ += publish.payload.size();
    return publish;
}

std::optional<Publish> BlobSender::next(Millis now, bool thumbnails, std::size_t bytes) {
    if (!running_ || bytes < least_message || outstanding_ >= limits_.window_bytes) return std::nullopt;
    fill(now);
    List& list = sending_[thumbnails ? 1 : 0];
    for (Sending& sending : list) {
        if (sending.placed || !sending.on_its_way.empty() || now < sending.ask_at) continue;
        protocol::Up up;
        auto& offer = *up.mutable_blob_offer();
        offer.set_sha256(sending.blob.sha256);
        offer.set_bytes(sending.blob.bytes);
        offer.set_thumbnail(sending.blob.thumbnail);
        return send(now, sending, 0, up);
    }
    for (auto sending = list.begin(); sending != list.end();) {
        if (!sending->placed || sending->sent >= sending->blob.bytes) {
            ++sending;
            continue;
        }
        const std::uint64_t left = sending->blob.bytes - sending->sent;
        const auto count = static_cast<std::size_t>(
            std::min<std::uint64_t>(left, std::min(bytes - message_overhead, max_chunk_bytes)));
        auto content = blobs_.read(sending->blob.sha256, sending->sent, count);
        if (!content || content->size() != count) {
            lost_ += drop(*sending);
            sending = close(now, list, sending);
            continue;
        }
        protocol::Up up;
        auto& chunk = *up.mutable_blob_chunk();
        chunk.set_sha256(sending->blob.sha256);
        chunk.set_offset(sending->sent);
        chunk.set_content(std::move(*content));
        sending->sent += count;
        return send(now, *sending, sending->sent, up);
    }
    return std::nullopt;
}

BlobReceipt BlobSender::state(Millis now, const protocol::BlobState& state, Actions& actions) {
    BlobReceipt receipt;
    receipt.lost = std::exchange(lost_, 0);
    for (List& list : sending_) {
        const auto found = std::ranges::find(
            list, state.sha256(), [](const Sending& sending) -> const Bytes& { return sending.blob.sha256; });
        if (found == list.end()) continue;
        Sending& sending = *found;
        const std::uint64_t received = std::max(state.have(), state.received());
        if (state.complete() || !state.problem().empty()) {
            arrived(sending, sending.blob.bytes, receipt);
            actions.push_back(NoteBlob{sending.blob.sha256, state.complete(),
                                       state.complete() ? std::string() : state.problem(),
                                       state.complete() ? state.number() : 0});
            close(now, list, found);
        } else if (received > sending.blob.bytes) {
            // Nothing that a hub of ours says.
        } else if (!sending.placed) {
            place(now, sending, received, receipt);
        } else if (received > sending.received) {
            arrived(sending, received, receipt);
            sending.received = received;
            sending.sent = std::max(sending.sent, received);
            sending.patience_from = now;
            sending.silences = 0;
            sending.stuck = 0;
            sending.went_back = false;
            if (received == sending.blob.bytes) {
                receipt.lost += drop(sending);
                ask_if_checked(now, sending);
            }
        } else if (received < sending.sent) {
            not_moved(now, sending, received, receipt);
        }
        return receipt;
    }
    return receipt;
}

// The hub says, to an offer, where it stands.
void BlobSender::place(Millis now, Sending& sending, std::uint64_t received, BlobReceipt& receipt) {
    arrived(sending, sending.blob.bytes, receipt);
    sending.silences = 0;
    sending.patience_from = now;
    if (received == sending.blob.bytes) return ask_if_checked(now, sending);
    sending.checks = 0;
    sending.placed = true;
    sending.received = sending.sent = received;
    sending.stuck = 0;
    sending.went_back = false;
}

void BlobSender::arrived(Sending& sending, std::uint64_t received, BlobReceipt& receipt) {
    auto& on_its_way = sending.on_its_way;
    while (!on_its_way.empty() && on_its_way.front().end <= received) {
        receipt.confirmed += on_its_way.front().bytes;
        receipt.sent_at = std::max(receipt.sent_at, on_its_way.front().at);
        outstanding_ -= on_its_way.front().bytes;
        on_its_way.pop_front();
    }
}

void BlobSender::not_moved(Millis now, Sending& sending, std::uint64_t received, BlobReceipt& receipt) {
    const bool moved_back = received < sending.received;
    if (sending.went_back && !moved_back) return;  // answers to what was sent before
    if (!moved_back && received == sending.echo_at && sending.echoes > 0) {
        // Taken for a loss it would have the next chunks sent twice, and so on to the end.
        --sending.echoes;
        return;
    }
    const std::size_t behind = sending.on_its_way.empty() ? 0 : sending.on_its_way.size() - 1;
    if (++sending.stuck < std::clamp<std::size_t>(behind, 1, most_patience)) return;
    receipt.lost += drop(sending);
    if (moved_back) return ask(now, sending);
    sending.sent = received;
    sending.stuck = 0;
    sending.went_back = true;
}

void BlobSender::ask(Millis at, Sending& sending) {
    sending.placed = false;
    sending.ask_at = at;
    sending.stuck = 0;
}

void BlobSender::ask_if_checked(Millis now, Sending& sending) {
    const Millis pace = limits_.check_pace << std::min(sending.checks++, 10U);
    ask(now + std::min(pace, limits_.answer_timeout), sending);
}

std::size_t BlobSender::drop(Sending& sending) {
    sending.echo_at = sending.sent;
    sending.echoes = sending.on_its_way.size();
    std::size_t bytes = 0;
    for (const Sent& sent : sending.on_its_way) bytes += sent.bytes;
    sending.on_its_way.clear();
    outstanding_ -= bytes;
    return bytes;
}

BlobSender::List::iterator BlobSender::close(Millis now, List& list, List::iterator sending) {
    closed_[sending->blob.sha256] = now;
    const bool thumbnail = sending->blob.thumbnail;
    const auto next = list.erase(sending);
    if (more_ && queue_[thumbnail ? 1 : 0].empty()) look_ = true;
    return next;
}

Millis BlobSender::timeout(const Sending& sending) const {
    Millis time = limits_.answer_timeout;
    for (unsigned i = 0; i < sending.silences && time < limits_.longest_timeout; ++i) time *= 2;
    return std::min(time, limits_.longest_timeout);
}

bool BlobSender::is_silent(Millis now, const Sending& sending) const {
    return !sending.on_its_way.empty() && now - sending.patience_from > timeout(sending);
}

bool BlobSender::stalled(Millis now) const {
    if (lost_ > 0) return true;
    return std::ranges::any_of(sending_, [&](const List& list) {
        return std::ranges::any_of(list, [&](const Sending& sending) { return is_silent(now, sending); });
    });
}

std::size_t BlobSender::ask_again(Millis now) {
    std::size_t lost = std::exchange(lost_, 0);
    for (List& list : sending_) {
        for (Sending& sending : list) {
            if (!is_silent(now, sending)) continue;
            lost += drop(sending);
            ++sending.silences;
            ask(now, sending);
        }
    }
    return lost;
}

}  // namespace fieldpost::engine
