#include "sync/engine/artifact_fetcher.hpp"

#include <algorithm>
#include <utility>

#include "sync/base/compress.hpp"
#include "sync/base/crypto.hpp"

namespace fieldpost::engine {

namespace {

constexpr Millis ask_again_after = 10'000;    // for a manifest
constexpr Millis block_again_after = 60'000;  // with no block coming: one takes a slow link half as long
// Asked for and not yet here: what the link carries in a second, and one block more.
constexpr std::size_t first_credit = 16U << 10U;
constexpr std::size_t most_credit = 1U << 20U;
constexpr std::size_t a_second = 1'000;
constexpr std::size_t max_outstanding = 32;  // blocks asked for and not yet written
constexpr std::uint32_t max_blocks = 1U << 20U;
constexpr unsigned max_damaged = 3;  // copies of one block: the hub's own is damaged
constexpr Millis rest_after_failure = 30'000;
constexpr Millis longest_rest = 3'600'000;
// Of a manifest no more is known before it comes.
constexpr std::size_t manifest_bytes = protocol::max_message_bytes;

Status check(const protocol::Manifest& manifest) {
    const std::uint64_t count = static_cast<std::uint64_t>(manifest.blocks_size());
    if (manifest.kind() != "snapshot") return fail(ErrorCode::corrupt, "unknown kind of artifact");
    if (manifest.block_bytes() == 0 || manifest.block_bytes() > protocol::max_payload_bytes ||
        count > max_blocks || manifest.bytes() == 0 ||
        (manifest.bytes() - 1) / manifest.block_bytes() + 1 != count) {
        return fail(ErrorCode::corrupt, "the manifest's blocks do not add up to its size");
    }
    return ok();
}

}  // namespace

ArtifactFetcher::ArtifactFetcher(std::string device, Bytes hub_public_key, BulkRule may)
    : device_(std::move(device)),
      hub_public_key_(std::move(hub_public_key)),
      may_(std::move(may)),
      credit_(first_credit) {}

void ArtifactFetcher::resume(Millis now, std::uint64_t offered, bool needed, Actions& actions) {
    running_ = true;
    offered_ = offered;
    credit_ = first_credit;
    if (state_ == State::idle) {
        // Generations never go back; a mounted one is only replaced when it no longer serves.
        if (!needed || offered == 0 || offered <= mounted_ || offered == useless_) return;
        if (now < rests_until_) return;
        if (manifest_ && manifest_->generation() == offered) return prepare(actions);
        if (!may_(manifest_bytes)) return;
        state_ = State::wants_manifest;
    }
    if (state_ == State::wants_manifest && may_(manifest_bytes)) ask_manifest(now, actions);
    ask(now, actions);
}

void ArtifactFetcher::pause() {
    running_ = false;
    for (const auto& [block, asked] : outstanding_) missing_.push_back(block);
    outstanding_.clear();
}

void ArtifactFetcher::ask_manifest(Millis now, Actions& actions) {
    asked_at_ = now;
    protocol::Up up;
    up.mutable_manifest_request()->set_kind("snapshot");
    actions.push_back(Publish{protocol::topic::up(device_), up.SerializeAsString(), false, SendClass::bulk});
}

void ArtifactFetcher::manifest(Millis now, const protocol::Signed& sealed, Actions& actions) {
    if (state_ != State::wants_manifest) return;
    auto manifest = protocol::open_as<protocol::Manifest>(sealed, hub_public_key_, "manifest");
    Status sound = manifest ? check(*manifest) : Status(manifest.error());
    if (!sound) {
        actions.push_back(Notice{"a snapshot manifest was refused: " + sound.error().message});
        return;
    }
    if (manifest->generation() <= mounted_ || manifest->generation() == useless_) return;
    if (!manifest_ || manifest_->generation() != manifest->generation()) failures_ = 0;
    asked_at_ = now;
    manifest_ = std::move(*manifest);
    sealed_ = sealed.SerializeAsString();
    damaged_.clear();
    prepare(actions);
}

void ArtifactFetcher::prepare(Actions& actions) {
    state_ = State::preparing;
    actions.push_back(PrepareArtifact{*manifest_, sealed_});
}

void ArtifactFetcher::prepared(Millis now, std::vector<std::uint32_t> missing, Actions& actions) {
    if (state_ != State::preparing) return;
    missing_.assign(missing.begin(), missing.end());
    outstanding_.clear();
    writing_.clear();
    state_ = State::fetching;
    ask(now, actions);
}

void ArtifactFetcher::ask(Millis now, Actions& actions) {
    if (state_ != State::fetching) return;
    if (missing_.empty() && outstanding_.empty() && writing_.empty()) {
        state_ = State::finishing;
        actions.push_back(FinishArtifact{*manifest_});
        return;
    }
    if (!running_ || missing_.empty() || waits_for_link()) return;
    std::size_t bytes = 0;
    for (const auto& [block, asked] : outstanding_)
        bytes += manifest_->blocks(static_cast<int>(block)).packed_bytes();
    protocol::Up up;
    auto& request = *up.mutable_block_request();
    request.set_generation(manifest_->generation());
    while (!missing_.empty() && bytes < credit_ && outstanding_.size() + writing_.size() < max_outstanding) {
        const std::uint32_t block = missing_.front();
        missing_.pop_front();
        if (const auto damaged = damaged_.find(block);
            damaged != damaged_.end() && damaged->second >= max_damaged) {
            return give_up("block " + std::to_string(block) + " comes damaged each time", actions);
        }
        bytes += manifest_->blocks(static_cast<int>(block)).packed_bytes();
        outstanding_[block] = {now};
        request.add_blocks(block);
    }
    if (request.blocks_size() > 0) {
        actions.push_back(
            Publish{protocol::topic::up(device_), up.SerializeAsString(), false, SendClass::bulk});
    }
}

void ArtifactFetcher::block(Millis now, const protocol::BlockReply& reply, Actions& actions) {
    if (state_ != State::fetching || reply.generation() != manifest_->generation()) return;
    if (!reply.problem().empty()) {
        actions.push_back(Notice{"the hub no longer offers this snapshot: " + reply.problem()});
        const bool is_another_offered = offered_ > manifest_->generation() && offered_ != useless_;
        stop();
        manifest_.reset();
        if (!is_another_offered || !running_) return;
        offered_ = 0;  // once for each contact
        state_ = State::wants_manifest;
        if (may_(manifest_bytes)) ask_manifest(now, actions);
        return;
    }
    const auto asked = outstanding_.find(reply.block());
    if (asked == outstanding_.end()) return;  // a repeat
    auto content = decompress(reply.packed(), manifest_->block_bytes());
    if (!content || sha256(*content) != manifest_->blocks(static_cast<int>(reply.block())).sha256()) {
        // Not at once: when the hub's own copy is damaged it comes like this every time. Whoever sends more
        // of them than were asked for does not count.
        if (std::exchange(asked->second.damaged, true)) return;
        ++damaged_[reply.block()];
        actions.push_back(
            Notice{"block " + std::to_string(reply.block()) + " came damaged and is asked for again"});
        return;
    }
    // Since it was asked for, or the one before it came.
    const auto took = static_cast<std::size_t>(std::max<Millis>(now - asked->second.at, 1));
    const std::size_t bytes = manifest_->blocks(static_cast<int>(reply.block())).packed_bytes();
    credit_ = std::clamp(bytes * a_second / took, credit_ / 2, credit_ * 2);
    credit_ = std::clamp<std::size_t>(credit_, 1, most_credit);
    outstanding_.erase(asked);
    damaged_.erase(reply.block());
    for (auto& [block, other] : outstanding_) other.at = now;  // they come: a slow link is no loss
    writing_.insert(reply.block());
    actions.push_back(WriteBlock{reply.block(), std::move(*content)});
    ask(now, actions);
}

void ArtifactFetcher::written(Millis now, std::uint32_t block, Actions& actions) {
    writing_.erase(block);
    failures_ = 0;
    ask(now, actions);
}

void ArtifactFetcher::finished(bool ok, Actions& actions) {
    if (state_ != State::finishing) return;
    if (!ok) return give_up("it cannot be used here", actions);
    mounted_ = manifest_->generation();
    stop();
    manifest_.reset();
}

void ArtifactFetcher::give_up(const std::string& why, Actions& actions) {
    useless_ = manifest_->generation();
    actions.push_back(Notice{"snapshot " + std::to_string(useless_) + " is given up, " + why +
                             ": another one from the hub is waited for"});
    stop();
    manifest_.reset();
}

void ArtifactFetcher::failed(Millis now) {
    if (state_ == State::fetching || state_ == State::finishing)
        rests_until_ = now + std::min(rest_after_failure << std::min(failures_++, 7U), longest_rest);
    stop();
}

void ArtifactFetcher::stop() {
    state_ = State::idle;
    missing_.clear();
    outstanding_.clear();
    writing_.clear();
}

void ArtifactFetcher::tick(Millis now, Actions& actions) {
    if (!running_) return;
    if (state_ == State::wants_manifest && now - asked_at_ > ask_again_after && may_(manifest_bytes))
        ask_manifest(now, actions);
    for (auto asked = outstanding_.begin(); asked != outstanding_.end();) {
        if (now - asked->second.at > block_again_after) {
            missing_.push_back(asked->first);
            asked = outstanding_.erase(asked);
        } else {
            ++asked;
        }
    }
    ask(now, actions);
}

bool ArtifactFetcher::waits_for_link() const {
    return state_ == State::fetching && !missing_.empty() && !may_(bytes_missing());
}

std::uint64_t ArtifactFetcher::bytes_missing() const {
    std::uint64_t bytes = 0;
    const auto add = [&](std::uint32_t block) {
        bytes += manifest_->blocks(static_cast<int>(block)).packed_bytes();
    };
    for (const std::uint32_t block : missing_) add(block);
    for (const auto& [block, asked] : outstanding_) add(block);
    return bytes;
}

std::size_t ArtifactFetcher::blocks_total() const {
    return manifest_ && fetching() ? static_cast<std::size_t>(manifest_->blocks_size()) : 0;
}

std::size_t ArtifactFetcher::blocks_done() const {
    if (state_ == State::preparing) return 0;
    return blocks_total() - missing_.size() - outstanding_.size() - writing_.size();
}

}  // namespace fieldpost::engine
