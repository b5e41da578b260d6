#include "sync/engine/artifact_fetcher.hpp"

#include "sync/base/compress.hpp"
#include "sync/base/crypto.hpp"

namespace fieldpost::engine {

namespace {

constexpr Millis ask_again_after = 10'000;    // for a manifest
constexpr Millis block_again_after = 30'000;  // with no block coming: a full block takes a slow link as long
constexpr std::size_t credit_bytes = 1U << 20U;  // asked for and not yet written
constexpr std::size_t max_credit_blocks = 32;
constexpr std::uint32_t max_blocks = 1U << 20U;

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
    : device_(std::move(device)), hub_public_key_(std::move(hub_public_key)), may_(std::move(may)) {}

void ArtifactFetcher::resume(Millis now, std::uint64_t offered, bool needed, Actions& actions) {
    running_ = true;
    offered_ = offered;
    if (state_ == State::idle) {
        // Generations never go back; a mounted one is only replaced when it no longer serves.
        if (!needed || offered == 0 || offered <= mounted_ || offered == useless_ || !may_(0)) return;
        state_ = State::wants_manifest;
    }
    if (state_ == State::wants_manifest && may_(0)) ask_manifest(now, actions);
    ask(now, actions);
}

void ArtifactFetcher::pause() {
    running_ = false;
    for (const auto& [block, when] : outstanding_) missing_.push_back(block);
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
    asked_at_ = now;
    manifest_ = std::move(*manifest);
    state_ = State::preparing;
    actions.push_back(PrepareArtifact{*manifest_, sealed.SerializeAsString()});
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
    for (const auto& [block, when] : outstanding_)
        bytes += manifest_->blocks(static_cast<int>(block)).packed_bytes();
    protocol::Up up;
    auto& request = *up.mutable_block_request();
    request.set_generation(manifest_->generation());
    while (!missing_.empty() && bytes < credit_bytes &&
           outstanding_.size() + writing_.size() < max_credit_blocks) {
        const std::uint32_t block = missing_.front();
        missing_.pop_front();
        bytes += manifest_->blocks(static_cast<int>(block)).packed_bytes();
        outstanding_[block] = now;
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
        failed();
        if (!is_another_offered || !running_) return;
        offered_ = 0;  // once for each contact
        state_ = State::wants_manifest;
        if (may_(0)) ask_manifest(now, actions);
        return;
    }
    const auto asked = outstanding_.find(reply.block());
    if (asked == outstanding_.end()) return;  // a repeat
    auto content = decompress(reply.packed(), manifest_->block_bytes());
    if (!content || sha256(*content) != manifest_->blocks(static_cast<int>(reply.block())).sha256()) {
        // Not at once: when the hub's own copy is damaged it comes like this every time.
        actions.push_back(
            Notice{"block " + std::to_string(reply.block()) + " came damaged and is asked for again"});
        return;
    }
    outstanding_.erase(asked);
    for (auto& [block, when] : outstanding_) when = now;  // they come: a slow link is no loss
    writing_.insert(reply.block());
    actions.push_back(WriteBlock{reply.block(), std::move(*content)});
    ask(now, actions);
}

void ArtifactFetcher::written(Millis now, std::uint32_t block, Actions& actions) {
    writing_.erase(block);
    ask(now, actions);
}

void ArtifactFetcher::finished(bool ok, Actions& actions) {
    if (state_ != State::finishing) return;
    if (ok) {
        mounted_ = manifest_->generation();
    } else {
        useless_ = manifest_->generation();
        actions.push_back(Notice{"snapshot " + std::to_string(useless_) +
                                 " cannot be used here: another one from the hub is waited for"});
    }
    failed();
}

void ArtifactFetcher::failed() {
    state_ = State::idle;
    manifest_.reset();
    missing_.clear();
    outstanding_.clear();
    writing_.clear();
}

void ArtifactFetcher::tick(Millis now, Actions& actions) {
    if (!running_) return;
    if (state_ == State::wants_manifest && now - asked_at_ > ask_again_after && may_(0))
        ask_manifest(now, actions);
    for (auto asked = outstanding_.begin(); asked != outstanding_.end();) {
        if (now - asked->second > block_again_after) {
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
    for (const auto& [block, when] : outstanding_) add(block);
    return bytes;
}

std::size_t ArtifactFetcher::blocks_total() const {
    return manifest_ ? static_cast<std::size_t>(manifest_->blocks_size()) : 0;
}

std::size_t ArtifactFetcher::blocks_done() const {
    if (state_ == State::preparing) return 0;
    return blocks_total() - missing_.size() - outstanding_.size() - writing_.size();
}

}  // namespace fieldpost::engine
