#include "daemon/hub/ingest/dataset_import.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "daemon/hub/ingest/dataset_links.hpp"
#include "daemon/hub/store/short_transactions.hpp"

namespace fieldpost::hub {

namespace {

constexpr const char* file_changed = "the file changed while it was read: run the import again";
constexpr auto progress_every = std::chrono::milliseconds(250);

using Clock = std::chrono::steady_clock;

// What tells that a file was written while we read it.
struct FileStamp {
    std::uintmax_t size = 0;
    std::filesystem::file_time_type changed{};
    bool operator==(const FileStamp&) const = default;
};

FileStamp stamp_of(const std::filesystem::path& file) {
    std::error_code ignored;
    return {std::filesystem::file_size(file, ignored), std::filesystem::last_write_time(file, ignored)};
}

bool deletes_too_much(const DatasetMapping& dataset, const DatasetScan& scan) {
    const auto gone = static_cast<std::int64_t>(scan.vanished.size());
    if (gone == 0) return false;
    const auto allowed =
        static_cast<std::int64_t>(std::floor(dataset.delete_limit * static_cast<double>(scan.stored)));
    return gone == scan.stored || gone > std::max<std::int64_t>(allowed, 1);
}

// What Records::put may say against a row; empty when it is the store's trouble. Areas and compartments were
// checked with the mapping, so what is left of an invalid record is its size.
std::string_view refusal_of(ErrorCode code) {
    if (code == ErrorCode::conflict) return "id_taken";
    return code == ErrorCode::invalid_argument ? "too_large" : "";
}

// Whether everything that records are linked to a property by is as before.
bool same_place(const records::Property& one, const records::Property& other) {
    return one.parcel_id() == other.parcel_id() && one.has_position() == other.has_position() &&
           one.position().lat_e7() == other.position().lat_e7() &&
           one.position().lon_e7() == other.position().lon_e7() &&
           one.address().SerializeAsString() == other.address().SerializeAsString() &&
           std::ranges::equal(one.aliases(), other.aliases(), {}, &records::Address::SerializeAsString,
                              &records::Address::SerializeAsString);
}

class DatasetImport {
  public:
    DatasetImport(ImportContext& context, const SourceMapping& source, const DatasetMapping& dataset)
        : context_(context),
          source_(source),
          dataset_(dataset),
          file_(context.options.data_dir / dataset.file),
          transactions_(context.store.database(), context.options.longest_transaction) {
        report_.source = source.source.id;
        report_.dataset = dataset.name;
        report_.kind = records::kind_name(dataset.kind);
        report_.file = dataset.file;
    }

    Result<DatasetReport> run(std::int64_t source_row) {
        const auto start = Clock::now();
        auto done = import(source_row);
        if (!done) return done.error().with("dataset " + name());
        report_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
        return std::move(report_);
    }

  private:
    std::string name() const { return source_.source.id + "/" + dataset_.name; }

    Status give_up(DatasetState state, std::string message) {
        report_.state = state;
        report_.message = std::move(message);
        return ok();
    }

    Status import(std::int64_t source_row) {
        auto dataset_row = context_.imports.dataset(source_row, dataset_.name, dataset_.kind);
        if (!dataset_row) return dataset_row.error();
        dataset_row_ = *dataset_row;
        if (auto put = context_.imports.put_labels(dataset_row_, dataset_.labels); !put) return put;
        links_.emplace(context_, source_.source.id, dataset_, dataset_row_);
        if (auto read = import_file(); !read) return read;
        const bool imported = report_.state == DatasetState::imported;
        if (!imported && dataset_.link.learn_parcels) {
            if (auto taught = links_->teach_stored({}); !taught) return taught;
        }
        // Also when the file is not there: what it told of the records' places before still holds.
        auto refreshed = links_->refresh(imported && all_new_, report_, [this] { tell_progress(true); });
        if (!refreshed || !imported || !can_be_linked(dataset_)) return refreshed;
        auto links = context_.imports.links(dataset_row_);
        if (!links) return links.error();
        for (const auto& [method, count] : *links) {
            report_.linked_by_method[std::string(records::link_method_name(method))] = count;
        }
        return ok();
    }

    Status import_file() {
        const auto before = stamp_of(file_);
        auto rows = DatasetRows::open(source_, dataset_, context_.options.data_dir);
        if (!rows) {
            const bool missing = rows.error().code == ErrorCode::not_found && dataset_.optional;
            return give_up(missing ? DatasetState::missing : DatasetState::failed, rows.error().message);
        }
        rows_ = std::move(*rows);
        auto builder =
            RecordBuilder::bind(dataset_, source_.source, context_.city, context_.zone, rows_->names());
        if (!builder) return give_up(DatasetState::failed, builder.error().message);
        builder_.emplace(std::move(*builder));

        if (auto found = find_siblings(); !found) return found;

        auto scan = scan_dataset(
            dataset_, source_.source.id, dataset_row_, *rows_, context_.imports,
            [this] { tell_progress(false); }, report_);
        if (!scan) return give_up(DatasetState::failed, scan.error().message);
        all_new_ = scan->stored == 0;
        const bool deletes_allowed = context_.options.allow_deletes.contains(name());
        if (deletes_too_much(dataset_, *scan) && !deletes_allowed) {
            report_.would_delete = static_cast<std::int64_t>(scan->vanished.size());
            return give_up(
                DatasetState::stopped,
                std::to_string(scan->vanished.size()) + " of " + std::to_string(scan->stored) +
                    " records are not in the file any more, which is more than the limit of the mapping; "
                    "nothing was changed. If that is right: --allow-deletes " +
                    name());
        }
        if (scan->hiding > 0 && !scan->vanished.empty() && !deletes_allowed) {
            keep_vanished(*scan);
        } else {
            for (auto& row : scan->quarantined) row.hides = false;
        }
        if (auto taught = teach(*scan); !taught) return taught.error();
        if (!scan->wanted.empty()) {
            if (auto applied = apply(*scan); !applied) return applied.error();
        }
        if (report_.state != DatasetState::imported) return ok();
        if (stamp_of(file_) != before) {
            return give_up(DatasetState::failed, file_changed);
        }
        return finish(*scan);
    }

    // Datasets of the source whose records have the same kind: those of the mapping have their keys to
    // themselves, what another left behind (it was renamed) is taken over.
    Status find_siblings() {
        auto siblings = context_.imports.siblings(dataset_row_);
        if (!siblings) return siblings.error();
        for (const auto& [sibling, its_name] : *siblings) {
            const bool mapped =
                std::ranges::any_of(source_.datasets, [&, &name = its_name](const DatasetMapping& other) {
                    return other.name == name && other.kind == dataset_.kind;
                });
            (mapped ? siblings_ : unmapped_).push_back(sibling);
        }
        return ok();
    }

    void keep_vanished(DatasetScan& scan) {
        report_.kept = static_cast<std::int64_t>(scan.vanished.size());
        report_.message = "records that are not in the file: " + std::to_string(report_.kept) +
                          "; rows that cannot be read and may be theirs: " + std::to_string(scan.hiding) +
                          ". The records were kept until the rows are mended; if they are gone for good: "
                          "--allow-deletes " +
                          name();
        scan.vanished.clear();
    }

    void tell_progress(bool writing) {
        if (!context_.options.progress || Clock::now() - last_told_ < progress_every) return;
        last_told_ = Clock::now();
        context_.options.progress({source_.source.id, dataset_.name, writing, rows_ ? rows_->progress() : 0,
                                   rows_ ? rows_->read() : 0});
    }

    // Reads the rows that the scan wants. A failure of `row` ends the walk; a file that fails is told in the
    // report.
    Status for_each_wanted(const DatasetScan& scan, const std::function<Status(const WantedRow&)>& row) {
        if (auto again = rows_->rewind(); !again) return give_up(DatasetState::failed, again.error().message);
        auto next = scan.wanted.begin();
        for (std::uint32_t number = 0; next != scan.wanted.end(); ++number) {
            if (auto let = transactions_.let_others_write(); !let) return let;
            auto more = rows_->next();
            if (!more) return give_up(DatasetState::failed, more.error().message);
            if (!*more) return give_up(DatasetState::failed, file_changed);
            if (number != next->number) continue;
            if (!rows_->refused().empty()) return give_up(DatasetState::failed, file_changed);
            tell_progress(true);
            if (auto done = row(*next); !done) return done.error();
            ++next;
        }
        return ok();
    }

    Status teach(const DatasetScan& scan) {
        if (!dataset_.link.learn_parcels) return ok();
        boost::unordered_flat_set<RecordId> changing(scan.vanished.begin(), scan.vanished.end());
        for (const auto& row : scan.wanted) changing.insert(row.record);
        if (auto taught = links_->teach_stored(changing); !taught) return taught;
        return for_each_wanted(scan, [&](const WantedRow&) -> Status {
            Notes ignored;
            if (builder_->build(rows_->row(), built_, ignored)) return ok();
            return links_->teach(built_.link);
        });
    }

    Result<bool> taken_by_sibling(RecordId record) {
        auto head = context_.records.head(record);
        if (!head) return head.error();
        if (!*head) return false;
        for (const auto sibling : siblings_) {
            auto taken = context_.imports.has_row(sibling, record);
            if (!taken || *taken) return taken;
        }
        return false;
    }

    Status apply(DatasetScan& scan) {
        // It is built when it is first asked for, which takes too long for a transaction.
        if (can_be_linked(dataset_)) {
            if (auto linker = context_.properties.linker(); !linker) return linker.error();
        }
        auto walked = for_each_wanted(scan, [&](const WantedRow& row) -> Status {
            if (auto begun = transactions_.begin(); !begun) return begun;
            return put_row(row, scan);
        });
        if (!walked) return walked;
        return transactions_.commit();
    }

    Status put_row(const WantedRow& row, DatasetScan& scan) {
        if (auto refusal = builder_->build(rows_->row(), built_, report_.notes)) {
            quarantine(*rows_, dataset_.file, *refusal, scan.quarantined, report_);
            return ok();
        }
        if (!siblings_.empty()) {
            auto taken = taken_by_sibling(row.record);
            if (!taken) return taken.error();
            if (*taken) {
                quarantine(
                    *rows_, dataset_.file,
                    {"duplicate_key", "another dataset of the source has the key '" + rows_->key() + "'"},
                    scan.quarantined, report_);
                return ok();
            }
        }
        auto link = links_->find(built_.link);
        if (!link) return link.error();
        auto moves = moves_record(row.record, *link);
        if (!moves) return moves.error();

        RecordInput input;
        input.kind = dataset_.kind;
        input.source = source_.source.id;
        input.key = rows_->key();
        input.areas = dataset_.areas;
        input.message = built_.message.get();
        input.as_of = built_.as_of != 0 ? built_.as_of : context_.options.now;
        input.property = link->property;
        input.link_method = link->method;
        input.link_confidence = link->confidence;
        input.overrides = &dataset_.labels;
        auto outcome = context_.records.put(input);
        const auto refused = outcome ? std::string_view() : refusal_of(outcome.error().code);
        if (!refused.empty()) {
            quarantine(*rows_, dataset_.file, {refused, outcome.error().message}, scan.quarantined, report_);
            return ok();
        }
        if (!outcome) return outcome.error();
        const auto request = can_be_linked(dataset_) ? to_stored(built_.link) : StoredRequest{};
        if (auto marked = context_.imports.put_row(dataset_row_, {row.record, row.hash}, request); !marked)
            return marked;
        for (const auto other : unmapped_) {
            if (auto dropped = context_.imports.drop_row(other, row.record); !dropped) return dropped;
        }
        count(*outcome, *link);
        return *moves ? links_->note_moved() : ok();
    }

    // Whether something may be linked otherwise once the record is as the row has it.
    Result<bool> moves_record(RecordId record, const Link& link) {
        if (dataset_.kind == records::PROPERTY) {
            auto before = context_.records.message(record);
            if (!before) return before.error();
            return !*before || !same_place(static_cast<const records::Property&>(**before),
                                           static_cast<const records::Property&>(*built_.message));
        }
        auto before = context_.records.head(record);
        if (!before) return before.error();
        return (*before ? (*before)->property : 0) != link.property;
    }

    void count(const Outcome& outcome, const Link& link) {
        switch (outcome.change) {
            case Change::inserted:
                ++report_.inserted;
                break;
            case Change::updated:
                ++report_.updated;
                break;
            default:
                ++report_.unchanged;
                break;
        }
        report_.feed_changes += outcome.feed_changes;
        if (link.property == 0 && link.reason != Unlinked::no && can_be_linked(dataset_)) {
            ++report_.unlinked_by_reason[std::string(to_string(link.reason))];
        }
    }

    Status remove(RecordId record) {
        auto before = context_.records.head(record);
        if (!before) return before.error();
        if (*before && (*before)->property != 0) {
            if (auto noted = links_->note_moved(); !noted) return noted;
        }
        if (dataset_.kind == records::PROPERTY) {
            // What stood there is linked anew when its own dataset is imported, later in this run.
            auto linked = context_.records.linked(record);
            if (!linked) return linked.error();
            for (const auto other : *linked) {
                auto unlinked = context_.records.relink(other, 0, records::LinkMethod::none, 0);
                if (!unlinked) return unlinked.error();
                report_.feed_changes += unlinked->feed_changes;
            }
        }
        auto removed = context_.records.remove(record);
        if (!removed) return removed.error();
        report_.feed_changes += removed->feed_changes;
        ++report_.deleted;
        return context_.imports.drop_row(dataset_row_, record);
    }

    Status finish(const DatasetScan& scan) {
        report_.accepted = report_.unchanged + report_.inserted + report_.updated;
        for (const auto record : scan.vanished) {
            if (auto begun = transactions_.begin(); !begun) return begun;
            if (auto removed = remove(record); !removed) return removed;
            if (auto let = transactions_.let_others_write(); !let) return let;
        }
        if (auto committed = transactions_.commit(); !committed) return committed;
        return sql([&]() {
            SQLite::Transaction transaction(context_.store.database());
            auto kept = context_.imports.put_quarantine(dataset_row_, context_.run, scan.quarantined);
            auto marked = context_.imports.mark_imported(dataset_row_, context_.run);
            if (!kept) throw SQLite::Exception(kept.error().message);
            if (!marked) throw SQLite::Exception(marked.error().message);
            transaction.commit();
        });
    }

    ImportContext& context_;
    const SourceMapping& source_;
    const DatasetMapping& dataset_;
    std::filesystem::path file_;
    ShortTransactions transactions_;
    std::int64_t dataset_row_ = 0;
    std::vector<std::int64_t> siblings_;
    std::vector<std::int64_t> unmapped_;
    bool all_new_ = false;  // no record of the dataset was there before
    std::optional<DatasetLinks> links_;
    std::unique_ptr<DatasetRows> rows_;
    std::optional<RecordBuilder> builder_;
    BuiltRecord built_;
    Clock::time_point last_told_ = Clock::now();
    DatasetReport report_;
};

}  // namespace

Result<DatasetReport> import_dataset(ImportContext& context, const SourceMapping& source,
                                     std::int64_t source_row, const DatasetMapping& dataset) {
    return DatasetImport(context, source, dataset).run(source_row);
}

}  // namespace fieldpost::hub
