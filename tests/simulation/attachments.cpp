#include "tests/simulation/attachments.hpp"

#include <algorithm>
#include <utility>

#include "sync/base/crypto.hpp"

namespace fieldpost::simulation {

namespace {

constexpr Millis refused_again_after = 4000;
constexpr std::uint64_t sync_every = 1500;

}  // namespace

// ------------------------------------------------------------------ the device's

void DeviceAttachments::problem(const Bytes& sha256, const std::string& text) {
    stage_.checker.problem({device_, 0, {}, {}}, "attachment " + to_hex(sha256).substr(0, 8) + " " + text);
}

Status DeviceAttachments::open() {
    if (!files_) return ok();
    if (auto opened = files_->open(); !opened) return opened;
    const auto held = files_->all();
    const auto hub = files_->hub();
    if (!held || !hub) return held ? hub.error() : held.error();
    adopt(*held);
    if (!uncertain_ && hub->generation != hub_generation_)
        stage_.checker.problem({device_, 0, {}, {}}, "does not remember which hub has its attachments");
    hub_generation_ = hub->generation;
    uncertain_ = false;
    return ok();
}

void DeviceAttachments::adopt(const std::vector<device::KeptBlob>& held) {
    auto before = std::exchange(kept_, {});
    for (const auto& blob : held) {
        auto content = files_->content(blob.sha256);
        if (!content || sha256(*content) != blob.sha256) problem(blob.sha256, "is damaged on its disk");
        if (!content) continue;
        if (blob.delivered && !once_sent_.contains(blob.sha256))
            problem(blob.sha256, "counts as sent, and the hub never said that it has it");
        const auto known = before.extract(blob.sha256);
        if (!uncertain_ && known.empty()) {
            problem(blob.sha256, "is on the disk, and nobody added it");
        } else if (!uncertain_) {  // else it was on its way when the power went
            const Kept& kept = known.mapped();
            if (kept.sent != blob.delivered || kept.thumbnail != blob.thumbnail)
                problem(blob.sha256, "is not what it was before the start");
        }
        kept_[blob.sha256] = Kept{kept_.size() + 1, std::move(*content), blob.thumbnail, blob.delivered};
    }
    for (const auto& [hash, kept] : before) problem(hash, "was kept and is not on its disk");
}

Result<Bytes> DeviceAttachments::add(Bytes content, bool thumbnail) {
    if (files_) {
        if (!files_->is_open()) return fail(ErrorCode::unavailable, "the program does not run");
        if (auto added = files_->add(content, thumbnail); !added) {
            uncertain_ = true;
            return added.error();
        }
    }
    Bytes hash = sha256(content);
    const auto [kept, is_new] =
        kept_.try_emplace(hash, Kept{kept_.size() + 1, std::move(content), thumbnail});
    kept->second.thumbnail = kept->second.thumbnail || thumbnail;
    return hash;
}

void DeviceAttachments::note(const engine::NoteBlob& note) {
    const auto kept = kept_.find(note.sha256);
    if (kept == kept_.end()) return;
    if (note.complete) {
        kept->second.sent = true;
        once_sent_.insert(note.sha256);
        if (files_ && !files_->set_delivered(note)) uncertain_ = true;
    } else {
        kept->second.not_before = stage_.now() + refused_again_after;
    }
}

bool DeviceAttachments::hub_is(const engine::NoteHub& hub) {
    if (files_ && !files_->set_hub(hub)) uncertain_ = true;
    const bool is_another = hub_generation_ != 0 && hub_generation_ != hub.generation;
    hub_generation_ = hub.generation;
    if (!is_another || stage_.planted == Planted::keep_sent_after_restore) return false;
    for (auto& [hash, kept] : kept_) kept.sent = false;
    return true;
}

void DeviceAttachments::power_cut() {
    uncertain_ = true;
    if (files_) return;  // the table says what is left
    for (auto& [hash, kept] : kept_) kept.sent = kept.sent && stage_.dice.chance(0.7);
}

void DeviceAttachments::wipe() {
    kept_.clear();
    if (!files_) return;
    files_->wipe();
    uncertain_ = true;
}

bool DeviceAttachments::all_sent() const {
    return std::ranges::all_of(kept_, [](const auto& kept) { return kept.second.sent; });
}

const Bytes* DeviceAttachments::find(const Bytes& hash) const {
    const auto kept = kept_.find(hash);
    return kept == kept_.end() ? nullptr : &kept->second.content;
}

bool DeviceAttachments::is_sent(const Bytes& hash) const {
    const auto kept = kept_.find(hash);
    return kept != kept_.end() && kept->second.sent;
}

std::vector<engine::WaitingBlob> DeviceAttachments::waiting(std::size_t limit) {
    std::vector<std::pair<const Bytes*, const Kept*>> found;
    for (const auto& [hash, kept] : kept_) {
        if (!kept.sent && kept.not_before <= stage_.now()) found.emplace_back(&hash, &kept);
    }
    std::ranges::sort(found, [](const auto& one, const auto& other) {
        return std::pair(!one.second->thumbnail, one.second->number) <
               std::pair(!other.second->thumbnail, other.second->number);
    });
    std::vector<engine::WaitingBlob> out;
    for (const auto& [hash, kept] : found) {
        if (out.size() < limit) out.push_back({*hash, kept->content.size(), kept->thumbnail});
    }
    return out;
}

Result<Bytes> DeviceAttachments::read(BytesView hash, std::uint64_t offset, std::size_t bytes) {
    const auto kept = kept_.find(Bytes(hash));
    if (kept == kept_.end()) return fail(ErrorCode::not_found, "this attachment is gone");
    return kept->second.content.substr(offset, bytes);
}

// ------------------------------------------------------------------ the hub's

const Bytes* ModelOfHubAttachments::delivered(const Key& key) const {
    const auto whole = content_.whole.find(key.second);
    return whole == content_.whole.end() || !content_.delivered.contains(key) ? nullptr : &whole->second;
}

protocol::BlobState ModelOfHubAttachments::state_of(const Key& key) {
    protocol::BlobState state;
    state.set_sha256(key.second);
    const auto partial = partials_.find(key);
    if (partial == partials_.end()) return state;
    Partial& held = partial->second;
    const bool is_whole = held.content.size() == held.total &&
                          (held.durable == held.total || planted(Planted::complete_before_durable));
    if (!is_whole) {
        state.set_received(held.content.size());
        state.set_have(held.durable);
        return state;
    }
    if (sha256(held.content) == key.second || planted(Planted::skip_hash_check)) {
        const bool is_safe = held.durable == held.total;
        state.set_have(held.total);
        state.set_received(held.total);
        state.set_complete(true);
        const bool is_new = content_.whole.try_emplace(key.second, std::move(held.content)).second;
        if (is_new && !is_safe) unsafe_.insert(key.second);
        content_.delivered.insert(key);
    }
    // Else it is set aside, and begun anew.
    partials_.erase(partial);
    return state;
}

Result<protocol::BlobState> ModelOfHubAttachments::offered(engine::HubStore&,
                                                           const engine::RegisteredDevice& device,
                                                           const protocol::BlobOffer& offer) {
    const Key key(device.id, offer.sha256());
    protocol::BlobState state;
    state.set_sha256(offer.sha256());
    if (const Bytes* whole = delivered(key)) {
        state.set_have(whole->size());
        state.set_received(whole->size());
        state.set_complete(true);
        return state;
    }
    if (disk_.limited()) {
        state.set_problem("the hub's disk is full");
        return state;
    }
    offered_.insert(key);
    Partial& partial = partials_[key];
    partial.total = offer.bytes();
    state = state_of(key);
    if (planted(Planted::wrong_offset_resume) && state.received() > 0 && !state.complete())
        state.set_received(std::min(state.received() + 100, offer.bytes() - 1));
    return state;
}

Result<protocol::BlobState> ModelOfHubAttachments::chunk(engine::HubStore&,
                                                         const engine::RegisteredDevice& device,
                                                         const protocol::BlobChunk& chunk) {
    const Key key(device.id, chunk.sha256());
    const auto found = partials_.find(key);
    if (!offered_.contains(key) || found == partials_.end()) {
        protocol::BlobState state;
        state.set_sha256(chunk.sha256());
        const Bytes* whole = delivered(key);
        state.set_complete(whole != nullptr);
        if (whole != nullptr) state.set_have(whole->size());
        return state;
    }
    Partial& partial = found->second;
    const std::uint64_t at = partial.content.size();
    const std::uint64_t end = chunk.offset() + chunk.content().size();
    if (end > partial.total) return fail(ErrorCode::invalid_argument, "a chunk ends behind its attachment");
    if (disk_.limited()) {
        protocol::BlobState state;
        state.set_sha256(chunk.sha256());
        state.set_problem("the hub's disk is full");
        return state;
    }
    if (chunk.offset() <= at && end > at) {
        partial.content += chunk.content().substr(at - chunk.offset());
        // What a disk returns is not always what it was given.
        if (stage_.strikes(0.01)) partial.content.back() = static_cast<char>(partial.content.back() ^ 1);
        const bool due =
            partial.content.size() - partial.durable >= sync_every || partial.content.size() == partial.total;
        if (due && !planted(Planted::complete_before_durable)) {
            const auto turn = disk_.step();
            if (turn.happens) partial.durable = partial.content.size();
            if (!turn.goes_on) return fail(ErrorCode::io, "the power is gone");
        }
    }
    return state_of(key);
}

void ModelOfHubAttachments::power_cut() {
    for (auto& [key, partial] : partials_) {
        partial.content.resize(partial.durable);
    }
    for (const Bytes& hash : unsafe_) content_.whole.erase(hash);
    unsafe_.clear();
}

void ModelOfHubAttachments::restore_backup() {
    content_ = backup_;
    partials_.clear();
    unsafe_.clear();
}

}  // namespace fieldpost::simulation
