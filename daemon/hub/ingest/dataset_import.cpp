#include "daemon/hub/ingest/dataset_import.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

namespace fieldpost::hub {

namespace {

constexpr int records_per_transaction = 20'000;
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

class DatasetImport {
  public:
    DatasetImport(ImportContext& context, const SourceMapping& source, const DatasetMapping& dataset)
        : context_(context),
          source_(source),
          dataset_(dataset),
          file_(context.options.data_dir / dataset.file) {
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

        auto dataset_row = context_.imports.dataset(source_row, dataset_.name, dataset_.kind);
        if (!dataset_row) return dataset_row.error();
        dataset_row_ = *dataset_row;
        auto siblings = context_.imports.siblings(dataset_row_);
        if (!siblings) return siblings.error();
        siblings_ = std::move(*siblings);

        const ScanOptions what{dataset_.link.learn_parcels, context_.properties_changed,
                               [this] { tell_progress(false); }};
        auto scan =
            scan_dataset(dataset_, source_.source.id, dataset_row_, *rows_, context_.imports, what, report_);
        if (!scan) return give_up(DatasetState::failed, scan.error().message);
        if (deletes_too_much(dataset_, *scan) && !context_.options.allow_deletes.contains(name())) {
            report_.would_delete = static_cast<std::int64_t>(scan->vanished.size());
            return give_up(
                DatasetState::stopped,
                std::to_string(scan->vanished.size()) + " of " + std::to_string(scan->stored) +
                    " records are not in the file any more, which is more than the limit of the mapping; "
                    "nothing was changed. If that is right: --allow-deletes " +
                    name());
        }
        if (!scan->wanted.empty()) {
            if (auto taught = teach(*scan); !taught) return taught.error();
            if (auto applied = apply(*scan); !applied) return applied.error();
        }
        if (report_.state != DatasetState::imported) return ok();
        if (stamp_of(file_) != before) {
            return give_up(DatasetState::failed, file_changed);
        }
        return finish(*scan);
    }

    void tell_progress(bool writing) {
        if (!context_.options.progress || Clock::now() - last_told_ < progress_every) return;
        last_told_ = Clock::now();
        context_.options.progress(
            {source_.source.id, dataset_.name, writing, rows_->progress(), rows_->read()});
    }

    // Reads the rows that the scan wants. A failure of `row` ends the walk; a file that fails is told in the
    // report.
    Status for_each_wanted(const DatasetScan& scan, const std::function<Status(const WantedRow&)>& row) {
        if (auto again = rows_->rewind(); !again) return give_up(DatasetState::failed, again.error().message);
        auto next = scan.wanted.begin();
        for (std::uint32_t number = 0; next != scan.wanted.end(); ++number) {
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

    Result<Link> link_by_place(const LinkRequest& request) {
        auto linker = context_.properties.linker();
        if (!linker) return linker.error();
        LinkInput input;
        input.parcel_id = request.parcel;
        input.address = request.address;
        if (request.address != nullptr) input.text = request.address->text();
        input.position = request.position;
        return (*linker)->link(input);
    }

    // Lets the linker learn which of our parcels the source's own numbers mean, from all rows before any is
    // linked, so that the outcome does not depend on their order.
    Status teach(const DatasetScan& scan) {
        if (!dataset_.link.learn_parcels) return ok();
        return for_each_wanted(scan, [&](const WantedRow&) -> Status {
            Notes ignored;
            if (builder_->build(rows_->row(), built_, ignored) || built_.link.parcel.empty()) return ok();
            auto link = link_by_place(built_.link);
            if (!link) return link.error();
            auto linker = context_.properties.linker();
            if (!linker) return linker.error();
            (*linker)->learn_parcel(built_.link.parcel, *link);
            return ok();
        });
    }

    Result<Link> find_link(const LinkRequest& request) {
        if (dataset_.kind == records::PROPERTY) return Link{};
        const bool by_place = !request.parcel.empty() || request.address != nullptr || request.position;
        Link link;
        link.reason = Unlinked::nothing_given;
        if (by_place) {
            auto found = link_by_place(request);
            if (!found) return found.error();
            link = *found;
        }
        if (request.record == 0 || link.method == records::LinkMethod::parcel) return link;
        auto other = context_.records.head(request.record);
        if (!other) return other.error();
        if (!*other || (*other)->deleted || (*other)->property == 0) return link;
        // As sure as the other record's own link, which is at least as sure as ours would be.
        return Link{(*other)->property, records::LinkMethod::source, 95, Unlinked::no};
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
        std::optional<SQLite::Transaction> transaction;
        int in_transaction = 0;
        auto walked = for_each_wanted(scan, [&](const WantedRow& row) -> Status {
            if (!transaction) {
                if (auto begun = sql([&] {
                        transaction.emplace(context_.store.database(),
                                            SQLite::TransactionBehavior::IMMEDIATE);
                    });
                    !begun)
                    return begun.error();
            }
            if (auto put = put_row(row, scan); !put) return put.error();
            if (++in_transaction < records_per_transaction) return ok();
            in_transaction = 0;
            auto committed = sql([&] { transaction->commit(); });
            transaction.reset();
            return committed;
        });
        if (!walked) return walked.error();
        if (!transaction) return ok();
        return sql([&] { transaction->commit(); });
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
        auto link = find_link(built_.link);
        if (!link) return link.error();

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
        if (!outcome && outcome.error().code == ErrorCode::conflict) {
            quarantine(*rows_, dataset_.file, {"id_taken", outcome.error().message}, scan.quarantined, report_);
            return ok();
        }
        if (!outcome) return outcome.error();
        if (auto marked = context_.imports.put_row(dataset_row_, row.record, row.hash); !marked)
            return marked;
        count(*outcome, *link);
        return dataset_.kind == records::PROPERTY && outcome->feed_changes > 0 ? note_property_change()
                                                                               : ok();
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
        count_link(dataset_, link.method, report_);
        if (link.property == 0 && link.reason != Unlinked::no && can_be_linked(dataset_)) {
            ++report_.unlinked_by_reason[std::string(to_string(link.reason))];
        }
    }

    // In the transaction of the change itself, so that an import that is cut off here is known to the next.
    Status note_property_change() {
        if (context_.properties_changed) return ok();
        context_.properties_changed = true;
        return context_.imports.set_properties_changed(true);
    }

    Status remove(RecordId record) {
        if (dataset_.kind == records::PROPERTY) {
            // What stood there is linked anew when its own dataset is imported, later in this run.
            auto linked = context_.records.linked(record);
            if (!linked) return linked.error();
            for (const auto other : *linked) {
                auto unlinked = context_.records.relink(other, 0, records::LinkMethod::none, 0);
                if (!unlinked) return unlinked.error();
                report_.feed_changes += unlinked->feed_changes;
            }
            if (auto noted = note_property_change(); !noted) return noted.error();
        }
        auto removed = context_.records.remove(record);
        if (!removed) return removed.error();
        report_.feed_changes += removed->feed_changes;
        ++report_.deleted;
        return context_.imports.drop_row(dataset_row_, record);
    }

    Status finish(const DatasetScan& scan) {
        report_.accepted = report_.unchanged + report_.inserted + report_.updated;
        for (std::size_t at = 0; at < scan.vanished.size();) {
            std::optional<SQLite::Transaction> transaction;
            auto begun = sql([&] {
                transaction.emplace(context_.store.database(), SQLite::TransactionBehavior::IMMEDIATE);
            });
            if (!begun) return begun.error();
            for (int i = 0; i < records_per_transaction && at < scan.vanished.size(); ++i, ++at) {
                if (auto removed = remove(scan.vanished[at]); !removed) return removed.error();
            }
            if (auto committed = sql([&] { transaction->commit(); }); !committed) return committed.error();
        }
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
    std::int64_t dataset_row_ = 0;
    std::vector<std::int64_t> siblings_;
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
