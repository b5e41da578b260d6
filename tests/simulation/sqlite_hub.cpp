#include "tests/simulation/sqlite_hub.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <set>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <boost/json/value.hpp>

#include "daemon/hub/app/engine_store.hpp"
#include "daemon/hub/journal/conflict_inbox.hpp"
#include "daemon/hub/store/imports.hpp"
#include "daemon/hub/store/records.hpp"

namespace fieldpost::simulation {

namespace {

// Each field of the kind, for nobody.
records::LabelOverrides restricted(records::Kind kind) {
    records::LabelOverrides out;
    const auto message = records::new_message(kind);
    const auto& type = *message->GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) out[type.field(i)->name()] = {records::RESTRICTED, "law"};
    return out;
}

class SqliteHub final : public HubProgramStore {
  public:
    SqliteHub(std::unique_ptr<hub::Store> store, hub::BlobStore* blobs)
        : store_(std::move(store)), engine_store_(*store_, blobs), records_(*store_) {}

    // The city on a new disk, and what every start does.
    Status prepare() {
        return in_transaction([&]() -> Status {
            hub::Catalog catalog(*store_);
            if (auto known = catalog.city(); !known) {
                if (known.error().code != ErrorCode::not_found) return known.error();
                if (auto put = catalog.put_city(sample_city()); !put) return put;
                for (std::size_t i = 0; i < sample_datasets.size(); ++i) {
                    if (auto made = make_dataset(i); !made) return made;
                }
            }
            return engine_store_.prepare();
        });
    }

    Status begin(bool) override {
        return sql([&] { transaction_.emplace(store_->database(), SQLite::TransactionBehavior::IMMEDIATE); });
    }
    Status commit() override {
        auto done = sql([&] { transaction_->commit(); });
        transaction_.reset();
        return done;
    }
    void rollback() override { transaction_.reset(); }
    engine::HubStore& store() override { return engine_store_; }

    Status change(const CityChange& change) override {
        const auto id = records::record_id(change.kind, sample_source, change.key);
        if (!change.message) {
            auto removed = records_.remove(id);
            return removed ? ok() : Status(removed.error());
        }
        hub::RecordInput input;
        input.kind = change.kind;
        input.source = sample_source;
        input.key = change.key;
        input.areas = change.areas;
        input.message = change.message.get();
        input.overrides = &change.labels;
        auto put = records_.put(input);
        return put ? ok() : Status(put.error());
    }
    // As an import does.
    Status deliver(std::size_t number, std::int64_t at) override {
        hub::Imports imports(*store_);
        auto dataset = dataset_row(number);
        if (!dataset) return dataset.error();
        if (auto put = put_labels(number, *dataset); !put) return put;
        auto run = imports.begin_run(at);
        return run ? imports.mark_imported(*dataset, *run) : Status(run.error());
    }
    Status register_device(const std::string& id, BytesView public_key, const std::string& profile) override {
        return engine_store_.registry().add(id, public_key, profile);
    }

    Status revoke(const std::string& id) override { return engine_store_.registry().revoke(id); }
    Status note_safe() override {
        return sql([&] {
            store_->database().exec("UPDATE device_lane SET safe = applied");
            store_->database().exec("UPDATE device SET delivered_safe = delivered");
        });
    }
    Status decide(std::int64_t conflict, const std::string& choice, const std::string& text) override {
        hub::ConflictInbox inbox(*store_);
        auto decided = inbox.decide(conflict, {choice, boost::json::value(text), "a person", 0});
        const bool is_over = !decided && decided.error().code == ErrorCode::conflict;
        return decided || is_over ? ok() : Status(decided.error());
    }
    Result<std::vector<hub::Conflict>> conflicts() override {
        return sql([&] { return hub::ConflictRows(*store_).list(std::nullopt, 1'000'000); });
    }
    Result<std::vector<hub::Gap>> gaps() override { return engine_store_.gaps().list(1'000'000); }

    Result<std::vector<StoredReport>> reports() override {
        return sql([&] {
            std::vector<StoredReport> out;
            SQLite::Statement all(store_->database(), "SELECT device, effect, lane, body FROM device_report");
            while (all.executeStep()) {
                StoredReport report;
                report.device = all.getColumn(0).getString();
                report.effect = all.getColumn(1).getInt();
                report.lane = static_cast<protocol::Lane>(all.getColumn(2).getInt());
                const SQLite::Column body = all.getColumn(3);
                (void)report.operation.ParseFromArray(body.getBlob(), body.getBytes());
                out.push_back(std::move(report));
            }
            return out;
        });
    }

    Result<std::vector<StoredOperation>> operations() override {
        return sql([&] {
            std::vector<StoredOperation> out;
            SQLite::Statement places(store_->database(),
                                     "SELECT epoch, seq FROM operation WHERE operation = ?1 UNION "
                                     "SELECT epoch, seq FROM operation_again WHERE operation = ?1");
            SQLite::Statement all(store_->database(),
                                  "SELECT device, lane, body, outcome, version, reason, operation "
                                  "FROM operation ORDER BY operation");
            while (all.executeStep()) {
                const SQLite::Column body = all.getColumn(2);
                StoredOperation stored;
                stored.device = all.getColumn(0).getString();
                stored.lane = static_cast<protocol::Lane>(all.getColumn(1).getInt());
                stored.body = Bytes(static_cast<const char*>(body.getBlob()),
                                    static_cast<std::size_t>(body.getBytes()));
                stored.outcome = static_cast<protocol::Outcome>(all.getColumn(3).getInt());
                stored.version = static_cast<std::uint64_t>(all.getColumn(4).getInt64());
                stored.reason = all.getColumn(5).getString();
                places.reset();
                places.bind(1, all.getColumn(6).getInt64());
                while (places.executeStep()) {
                    stored.places.push_back({static_cast<std::uint64_t>(places.getColumn(0).getInt64()),
                                             static_cast<std::uint64_t>(places.getColumn(1).getInt64())});
                }
                out.push_back(std::move(stored));
            }
            return out;
        });
    }
    Result<std::map<records::FeedId, FeedContent>> content() override {
        std::map<records::FeedId, FeedContent> out;
        hub::Feeds feeds(*store_);
        auto read = in_transaction([&]() -> Status {
            auto heads = feeds.heads();
            if (!heads) return heads.error();
            std::set<records::FeedId> all;
            for (const auto& [feed, head] : *heads) {
                out[feed].cursor = head.n;
                all.insert(feed);
            }
            return feeds.for_each_row(all, [&](const records::FeedId& feed, const records::LayerRow& row) {
                out[feed].rows[static_cast<std::uint64_t>(row.record)] = {
                    static_cast<std::uint64_t>(row.version), row.kind, row.source,
                    std::make_shared<const Bytes>(row.body)};
                return ok();
            });
        });
        if (!read) return read.error();
        return out;
    }

  private:
    Result<std::int64_t> dataset_row(std::size_t number) {
        const SampleDataset& dataset = sample_datasets[number];
        const auto [at, title, steward, refresh_s] = described(dataset.source);
        auto source = hub::Catalog(*store_).put_source({dataset.source, title, steward, "", refresh_s});
        return source ? hub::Imports(*store_).dataset(*source, dataset.name, dataset.kind) : source;
    }
    Status put_labels(std::size_t number, std::int64_t row) {
        const SampleDataset& dataset = sample_datasets[number];
        return hub::Imports(*store_).put_labels(
            row, dataset.cleared_by.empty() ? restricted(dataset.kind) : records::LabelOverrides());
    }
    // One that nobody may know of is of an older hub, which kept no labels.
    Status make_dataset(std::size_t number) {
        auto row = dataset_row(number);
        if (!row) return row.error();
        if (!sample_datasets[number].cleared_by.empty()) {
            if (auto put = put_labels(number, *row); !put) return put;
        }
        if (!sample_datasets[number].holds_records) return ok();
        return hub::Imports(*store_).put_row(*row, {static_cast<records::RecordId>(number + 1), 1}, {});
    }
    template <class Body>
    Status in_transaction(Body&& body) {
        if (sqlite3_get_autocommit(store_->database().getHandle()) == 0) return body();
        return sql([&]() -> Status {
            SQLite::Transaction transaction(store_->database(), SQLite::TransactionBehavior::IMMEDIATE);
            if (auto done = body(); !done) return done;
            transaction.commit();
            return ok();
        });
    }

    std::unique_ptr<hub::Store> store_;
    hub::EngineStore engine_store_;
    hub::Records records_;
    std::optional<SQLite::Transaction> transaction_;
};

}  // namespace

Result<std::unique_ptr<HubProgramStore>> SqliteHubStorage::open() {
    auto store = hub::Store::open(folder_);
    if (!store) return store.error();
    auto blobs = attachments_ == nullptr ? Result<hub::BlobStore*>(nullptr) : attachments_->open();
    if (!blobs) return blobs.error();
    auto program = std::make_unique<SqliteHub>(std::move(*store), *blobs);
    if (auto prepared = program->prepare(); !prepared) return prepared.error();
    return std::unique_ptr<HubProgramStore>(std::move(program));
}

bool SqliteHubStorage::restore_backup() {
    if (backup_) disk_.replace(*backup_);
    std::error_code ignored;
    if (planted_ == Planted::lose_revocations) std::filesystem::remove(folder_ + "/revoked", ignored);
    return backup_.has_value();
}

}  // namespace fieldpost::simulation
