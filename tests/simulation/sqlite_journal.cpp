#include "tests/simulation/sqlite_journal.hpp"

#include "daemon/device/journal/reader.hpp"
#include "daemon/device/journal/writer.hpp"

namespace fieldpost::simulation {

namespace {

using device::JournalReader;
using device::JournalWriter;
using device::OperationState;

class SqliteJournal final : public Journal {
  public:
    SqliteJournal(std::string device, std::string path, std::unique_ptr<JournalWriter> writer,
                  std::unique_ptr<JournalReader> reader)
        : device_(std::move(device)),
          path_(std::move(path)),
          writer_(std::move(writer)),
          reader_(std::move(reader)) {
        refresh();
    }

    Result<Place> append(protocol::Lane lane, const protocol::Operation& operation) override {
        auto fit = JournalWriter::make_append(lane, operation);
        if (!fit) return fit.error();
        auto written = writer_->append({&*fit, 1});
        if (!written) return written.error();
        const auto& recorded = written->front();
        if (!recorded) return recorded.error();
        return Place{recorded->epoch, recorded->seq, recorded->repeated};
    }
    Result<std::optional<protocol::After>> place_of(const std::string& id) override {
        auto recorded = reader_->by_id(id);
        if (!recorded) return recorded.error();
        if (!*recorded) return std::optional<protocol::After>();
        return std::optional((*recorded)->first_place);
    }
    Status note(const protocol::Ack& ack) override { return writer_->note(ack); }
    Status note_in_city(const engine::InCity& known) override { return writer_->note_in_city(known); }
    Status note_safe(const protocol::LanePosition& position) override { return writer_->note_safe(position); }
    Result<bool> make_room(const protocol::TimeStamp& now) override {
        device::RoomRule rule;
        rule.now = now;
        rule.least_to_void = least_to_void;
        bool rewritten = false;
        for (int steps = 0; steps < 4; ++steps) {
            const auto made = writer_->make_room(rule);
            if (!made && !rewritten) return made.error();
            if (!made || !made->anything()) break;
            rewritten = rewritten || made->rewritten;
        }
        return rewritten;
    }
    Status open_epoch(std::uint64_t from, const engine::OpenEpoch& wanted) override {
        return writer_->epoch() == from ? writer_->open_epoch(wanted) : ok();
    }
    void refresh() override {
        epoch_ = writer_->epoch();
        lanes_ = writer_->lanes();
        notes_ = writer_->notes();
        in_city_ = writer_->in_city();
    }
    Result<std::vector<KnownOperation>> all() override {
        return sql([&]() -> Result<std::vector<KnownOperation>> {
            auto database = open_database(path_, Durability::read_only);
            if (!database) return database.error();
            std::vector<KnownOperation> out;
            SQLite::Statement get(**database,
                                  "SELECT lane, epoch, seq, body, state, version, reason, noted_in FROM "
                                  "operation");
            while (get.executeStep()) {
                const SQLite::Column body = get.getColumn(3);
                KnownOperation known;
                known.lane = static_cast<protocol::Lane>(get.getColumn(0).getInt());
                known.epoch = static_cast<std::uint64_t>(get.getColumn(1).getInt64());
                known.seq = static_cast<std::uint64_t>(get.getColumn(2).getInt64());
                known.body = Bytes(static_cast<const char*>(body.getBlob()),
                                   static_cast<std::size_t>(body.getBytes()));
                const auto state = static_cast<OperationState>(get.getColumn(4).getInt());
                known.pending = state == OperationState::pending;
                known.outcome = state == OperationState::conflict      ? protocol::CONFLICT
                                : state == OperationState::quarantined ? protocol::QUARANTINED
                                                                       : protocol::ACCEPTED;
                known.version = static_cast<std::uint64_t>(get.getColumn(5).getInt64());
                known.reason = get.getColumn(6).getString();
                known.noted_in = static_cast<std::uint64_t>(get.getColumn(7).getInt64());
                out.push_back(std::move(known));
            }
            return out;
        });
    }

    std::uint64_t epoch() const override { return epoch_; }
    std::uint64_t last_seq(protocol::Lane lane) const override { return at(lane).last; }
    std::uint64_t noted(protocol::Lane lane) const override { return at(lane).noted; }
    std::uint64_t notes() const override { return notes_; }
    const engine::InCity& in_city() const override { return in_city_; }
    // As device::Journal has it.
    std::optional<Bytes> hash_at(protocol::Lane lane, std::uint64_t seq) override {
        if (seq == 0) return protocol::chain_start(device_, epoch_, lane);
        if (seq == at(lane).last) return at(lane).last_hash;
        auto hash = reader_->hash_at(epoch_, lane, seq);
        if (hash && !*hash && seq < at(lane).noted) return Bytes();
        return hash ? *hash : std::nullopt;
    }
    std::uint64_t first_held(protocol::Lane lane) override {
        auto first = reader_->first_held(epoch_, lane);
        return first ? *first : 0;
    }
    std::vector<std::uint64_t> parked(protocol::Lane lane, std::uint64_t after, std::size_t most) override {
        auto parked = reader_->parked(epoch_, lane, after, at(lane).noted, most);
        return parked ? std::move(*parked) : std::vector<std::uint64_t>();
    }
    std::vector<protocol::LanePosition> earlier(std::size_t most) override {
        auto earlier = reader_->earlier(epoch_, most);
        return earlier ? std::move(*earlier) : std::vector<protocol::LanePosition>();
    }
    Result<std::vector<engine::JournalEntry>> read(protocol::Lane lane, std::uint64_t after,
                                                   std::size_t max_entries, std::size_t max_bytes) override {
        return reader_->read(epoch_, lane, after, at(lane).last, max_entries, max_bytes);
    }

  private:
    const device::LaneState& at(protocol::Lane lane) const { return lanes_[static_cast<std::size_t>(lane)]; }

    const std::string device_;
    const std::string path_;
    std::unique_ptr<JournalWriter> writer_;
    std::unique_ptr<JournalReader> reader_;
    std::uint64_t epoch_ = 0;
    device::Lanes lanes_;
    std::uint64_t notes_ = 0;
    engine::InCity in_city_;
};

}  // namespace

Result<std::unique_ptr<Journal>> SqliteJournalStore::open() {
    const std::string path = folder_ + "/journal.db";
    auto writer = JournalWriter::open(path, device_, [this] { return dice_.number(); });
    if (!writer) return writer.error();
    disk_.sync_names();  // what the writer did to the real folder
    auto reader = JournalReader::open(path);
    if (!reader) return reader.error();
    return std::unique_ptr<Journal>(
        std::make_unique<SqliteJournal>(device_, path, std::move(*writer), std::move(*reader)));
}

bool SqliteJournalStore::restore_copy() {
    if (copy_) disk_.replace(*copy_);
    return copy_.has_value();
}

}  // namespace fieldpost::simulation
