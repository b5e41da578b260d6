#include "daemon/hub/ingest/dataset_rows.hpp"

#include <algorithm>
#include <cstring>

#include "daemon/hub/ingest/text.hpp"
#include "sync/base/crypto.hpp"

namespace fieldpost::hub {

namespace {

// Raised when the same row and mapping make another record than before, so that a re-import finds it.
constexpr std::string_view importer_version = "2";

constexpr std::size_t largest_excerpt = 4096;

std::uint64_t hash_of(BytesView bytes) {
    return read_u64(sha256(bytes));
}

}  // namespace

Result<std::unique_ptr<DatasetRows>> DatasetRows::open(const SourceMapping& source,
                                                       const DatasetMapping& dataset,
                                                       const std::filesystem::path& data_dir) {
    const bool with_course = std::ranges::any_of(dataset.fields, [](const FieldRule& rule) {
        return std::holds_alternative<LineRule>(rule.value) || std::holds_alternative<RingsRule>(rule.value);
    });
    auto reader = open_rows(data_dir / dataset.file, {dataset.layer, with_course});
    if (!reader) return reader.error();
    std::unique_ptr<DatasetRows> rows(new DatasetRows(source, dataset));
    rows->reader_ = std::move(*reader);
    if (auto bound = rows->bind(data_dir); !bound) return bound.error();
    return rows;
}

Status DatasetRows::bind(const std::filesystem::path& data_dir) {
    names_ = std::make_unique<ColumnNames>(dataset_.file, reader_->columns());
    for (const auto& rule : dataset_.joins) {
        auto here = BoundValue::bind(rule.here, *names_, dataset_.null_words);
        if (!here) return here.error();
        auto table = JoinTable::load(rule, data_dir, dataset_.null_words);
        if (!table) return table.error();
        names_->add_join(rule.name, rule.file, table->columns());
        joins_.push_back({&rule, std::move(*here), std::move(*table)});
    }
    if (!dataset_.key_from_content) {
        for (const auto& name : dataset_.key) {
            auto reference = names_->find(name, dataset_.place);
            if (!reference) return reference.error();
            if (reference->join >= 0) {
                return fail(ErrorCode::invalid_argument, dataset_.place.text() +
                                                             ": a key must be of the row's own columns, '" +
                                                             name + "' is not");
            }
            key_columns_.push_back(reference->column);
        }
    }
    auto where = BoundConditions::bind(dataset_.where, *names_, dataset_.null_words);
    if (!where) return where.error();
    where_ = std::move(*where);
    row_.row = &current_;
    row_.joined.resize(joins_.size());
    view_.own = &current_.cells;
    view_.joined.resize(joins_.size());
    return ok();
}

Result<bool> DatasetRows::next() {
    for (;;) {
        auto more = reader_->next(current_);
        if (!more || !*more) return more;
        ++read_;
        if (current_.refused.empty()) {
            if (auto found = look_up_joins(); !found) return found.error();
            if (!where_.hold(view_)) {
                ++filtered_;
                continue;
            }
        }
        make_key();
        return true;
    }
}

Status DatasetRows::rewind() {
    occurrences_.clear();
    read_ = 0;
    filtered_ = 0;
    return reader_->rewind();
}

Status DatasetRows::look_up_joins() {
    for (auto& joined : view_.joined) joined = nullptr;
    for (std::size_t i = 0; i < joins_.size(); ++i) {
        std::optional<Refusal> refusal;
        const auto key =
            JoinTable::normalised_key(trim(joins_[i].here.read(view_, refusal)), *joins_[i].rule);
        row_.joined[i].clear();
        if (key.empty()) continue;
        if (auto found = joins_[i].table.find(key, row_.joined[i]); !found) return found.error();
        if (!row_.joined[i].empty()) view_.joined[i] = &row_.joined[i].front().cells;
    }
    return ok();
}

bool DatasetRows::is_null(std::string_view cell) const {
    return cell.empty() || std::ranges::find(dataset_.null_words, cell) != dataset_.null_words.end();
}

void DatasetRows::make_key() {
    key_.clear();
    if (dataset_.key_from_content) {
        if (!current_.refused.empty()) return;
        hashed_.clear();
        add_content();
        const std::uint64_t content = hash_of(hashed_);
        std::string bytes;
        append_u64(bytes, content);
        key_ = dataset_.key_prefix + to_hex(bytes);
        const auto count = ++occurrences_[content];
        if (count > 1) key_ += "#" + std::to_string(count);
        return;
    }
    key_ = dataset_.key_prefix;
    for (const auto column : key_columns_) {
        const std::string_view cell =
            column < current_.cells.size() ? current_.cells[column] : std::string_view{};
        if (is_null(cell)) return key_.clear();
        if (column != key_columns_.front()) key_.push_back('|');
        key_.append(cell);
    }
}

void DatasetRows::add_content() {
    for (const auto cell : current_.cells) {
        hashed_.append(cell);
        hashed_.push_back('\x1f');
    }
    for (const auto& vertex : current_.course) {
        hashed_.append(reinterpret_cast<const char*>(&vertex), sizeof vertex);
    }
    for (const auto& ring : current_.rings) {
        append_u64(hashed_, ring.size());
        for (const auto& vertex : ring) hashed_.append(reinterpret_cast<const char*>(&vertex), sizeof vertex);
    }
}

std::int64_t DatasetRows::hash() {
    // The order of joined rows must not count: another export may have another.
    std::uint64_t joined = 0;
    for (std::size_t i = 0; i < row_.joined.size(); ++i) {
        for (const auto& one : row_.joined[i]) joined += hash_of(std::to_string(i) + ':' + one.stored);
    }
    hashed_.assign(importer_version);
    hashed_.append(source_.fingerprint);
    append_u64(hashed_, joined);
    add_content();
    return static_cast<std::int64_t>(hash_of(hashed_));
}

std::string DatasetRows::excerpt() const {
    std::string text(current_.raw.substr(0, largest_excerpt));
    if (current_.raw.empty()) {
        for (const auto cell : current_.cells) {
            if (text.size() > largest_excerpt) break;
            text.append(text.empty() ? "" : " | ").append(cell);
        }
        text.resize(std::min(text.size(), largest_excerpt));
    }
    return printable_utf8(text);
}

}  // namespace fieldpost::hub
