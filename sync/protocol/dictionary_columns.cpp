#include "sync/protocol/dictionary_columns.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <vector>

#include "sync/protocol/journal.pb.h"

namespace fieldpost::protocol {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// How a field stands in its column: on the wire.
enum class Form : std::uint32_t { varint, fixed64, fixed32, bytes, message, named, uuid, again, step };

constexpr unsigned form_bits = 4;
constexpr std::uint64_t end_of_message = 0;
constexpr int max_depth = 12;
constexpr std::size_t max_columns = 4096;
constexpr std::uint32_t max_field_number = (1U << 29U) - 1;

// Of protobuf; its groups (3, 4) are not used.
enum class Wire : std::uint32_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

constexpr std::uint32_t name_number = records::Attribute::kNameFieldNumber;
constexpr std::uint32_t value_number = records::Attribute::kValueFieldNumber;

void put_varint(Bytes& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
    out.push_back(static_cast<char>(value));
}

// Takes one off the front; nullopt when it is cut off, or longer than it need be.
std::optional<std::uint64_t> take_varint(BytesView& in) {
    if (!in.empty() && static_cast<unsigned char>(in.front()) < 0x80) {  // nearly all of them
        const auto value = static_cast<unsigned char>(in.front());
        in.remove_prefix(1);
        return value;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(in.size(), 10); ++i) {
        const auto byte = static_cast<unsigned char>(in[i]);
        value |= std::uint64_t{byte & 0x7fU} << (7 * i);
        if (byte >= 0x80) continue;
        if ((i > 0 && byte == 0) || (i == 9 && byte > 1)) return std::nullopt;
        in.remove_prefix(i + 1);
        return value;
    }
    return std::nullopt;
}

std::optional<BytesView> take(BytesView& in, std::optional<std::uint64_t> size) {
    if (!size || *size > in.size()) return std::nullopt;
    const BytesView taken = in.substr(0, *size);
    in.remove_prefix(*size);
    return taken;
}

std::uint64_t zigzag(std::uint64_t difference) {
    return (difference << 1U) ^ (0 - (difference >> 63U));
}
std::uint64_t unzigzag(std::uint64_t value) {
    return (value >> 1U) ^ (0 - (value & 1U));
}

constexpr std::size_t uuid_bytes = 16;

Bytes uuid_to_text(BytesView bytes) {
    Bytes text = to_hex(bytes);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
    return text;
}

std::optional<Bytes> uuid_from_text(BytesView text) {
    if (text.size() != 36 || text[8] != '-') return std::nullopt;
    Bytes digits(text);
    for (const std::size_t dash : {23U, 18U, 13U, 8U}) digits.erase(dash, 1);
    auto bytes = from_hex(digits);
    return bytes && uuid_to_text(*bytes) == text ? bytes : std::nullopt;
}

struct ByText : std::hash<BytesView> {
    using is_transparent = void;
};

// The content of one place in all messages. Views are into what is split or joined.
struct Column {
    Bytes written;                  // by the splitter
    BytesView unread;               // by the joiner
    std::optional<Wire> last_wire;  // what "again" repeats, if there is anything
    BytesView last;
    Bytes uuid;  // the joiner's last one, if that was a UUID
    std::uint64_t last_step = 0;
    std::unordered_map<std::uint32_t, Column*> fields;
    std::unordered_map<Bytes, Column*, ByText, std::equal_to<>> named;
};

// The columns, in the order in which they are first met: the same both ways.
class Table {
  public:
    // For the joiner: what they hold.
    explicit Table(std::vector<BytesView> contents = {}) : contents_(std::move(contents)) { add(); }

    Column& root() { return columns_.front(); }
    const std::deque<Column>& columns() const { return columns_; }

    // nullptr when there are too many.
    Column* field(Column& message, std::uint32_t number) {
        if (const auto known = message.fields.find(number); known != message.fields.end())
            return known->second;
        Column* made = add();
        if (made != nullptr) message.fields.emplace(number, made);
        return made;
    }
    Column* named(Column& value, BytesView name) {
        if (const auto known = value.named.find(name); known != value.named.end()) return known->second;
        Column* made = add();
        if (made != nullptr) value.named.emplace(name, made);
        return made;
    }

  private:
    Column* add() {
        if (columns_.size() == max_columns) return nullptr;
        Column& made = columns_.emplace_back();
        if (columns_.size() <= contents_.size()) made.unread = contents_[columns_.size() - 1];
        return &made;
    }

    std::vector<BytesView> contents_;
    std::deque<Column> columns_;  // each stays where it is
};

// Finds the column of each field of one message.
class Places {
  public:
    Places(Table& table, Column& list, bool named) : table_(table), list_(list), named_(named) {}
    Column* of(std::uint32_t number) {
        if (!named_ || number != value_number) return table_.field(list_, number);
        // Looked up once for each name: a long name may stand before any number of short values.
        if (value_ == nullptr) {
            Column* values = table_.field(list_, number);
            value_ = values == nullptr ? nullptr : table_.named(*values, name_);
        }
        return value_;
    }
    void said(std::uint32_t number, BytesView content) {
        if (!named_ || number != name_number) return;
        name_ = content;
        value_ = nullptr;
    }

  private:
    Table& table_;
    Column& list_;
    const bool named_;
    BytesView name_;
    Column* value_ = nullptr;  // of the values under this name; nullptr: not looked up yet
};

// The type of the message in this field. An operation in a batch is declared as bytes, since it is hashed as
// it stands.
const Descriptor* type_inside(const FieldDescriptor* field) {
    static const FieldDescriptor* const operation =
        BatchEntry::descriptor()->FindFieldByNumber(BatchEntry::kOperationFieldNumber);
    if (field == nullptr) return nullptr;
    return field == operation ? Operation::descriptor() : field->message_type();
}

// From rows to columns. Each step is false when the message is not as protobuf writes it.
class Splitter {
  public:
    bool split(BytesView message, const Descriptor& type) {
        return split(message, type, table_.root(), false, 0);
    }

    Bytes result() const {
        Bytes out;
        put_varint(out, table_.columns().size());
        for (const Column& column : table_.columns()) put_varint(out, column.written.size());
        for (const Column& column : table_.columns()) out += column.written;
        return out;
    }

  private:
    bool split(BytesView message, const Descriptor& type, Column& list, bool named, int depth) {
        if (depth == max_depth) return false;
        Places places(table_, list, named);
        while (!message.empty()) {
            const auto tag = take_varint(message);
            if (!tag || *tag >> 3U == 0 || *tag >> 3U > max_field_number) return false;
            const auto number = static_cast<std::uint32_t>(*tag >> 3U);
            Column* column = places.of(number);
            if (column == nullptr) return false;
            const auto* field = type.FindFieldByNumber(static_cast<int>(number));
            std::optional<Form> form;
            switch (static_cast<Wire>(*tag & 7U)) {
                case Wire::varint:
                    form = varint(take_varint(message), field, *column);
                    break;
                case Wire::fixed64:
                    form = content(take(message, 8), Wire::fixed64, true, *column);
                    break;
                case Wire::fixed32:
                    form = content(take(message, 4), Wire::fixed32, true, *column);
                    break;
                case Wire::bytes: {
                    const auto value = take(message, take_varint(message));
                    const Descriptor* inside = type_inside(field);
                    if (!value) return false;
                    places.said(number, *value);
                    const bool answer = inside == records::Attribute::descriptor();
                    if (inside == nullptr) {
                        // zstd does better with a run of "pass" than with one of "again".
                        form = content(value, Wire::bytes, !named, *column);
                    } else if (split(*value, *inside, *column, answer, depth + 1)) {
                        form = answer ? Form::named : Form::message;
                    }
                }
            }
            if (!form) return false;
            put_varint(list.written, std::uint64_t{number} << form_bits | static_cast<std::uint32_t>(*form));
        }
        put_varint(list.written, end_of_message);
        return true;
    }

    // Times and positions move little from one to the next.
    static std::optional<Form> varint(std::optional<std::uint64_t> value, const FieldDescriptor* field,
                                      Column& column) {
        if (!value) return std::nullopt;
        const bool step = field != nullptr && (field->type() == FieldDescriptor::TYPE_INT64 ||
                                               field->type() == FieldDescriptor::TYPE_SINT32);
        put_varint(column.written, step ? zigzag(*value - column.last_step) : *value);
        if (step) column.last_step = *value;
        return step ? Form::step : Form::varint;
    }

    static std::optional<Form> content(std::optional<BytesView> value, Wire wire, bool may_repeat,
                                       Column& column) {
        if (!value) return std::nullopt;
        if (may_repeat && column.last_wire == wire && column.last == *value) return Form::again;
        column.last_wire = wire;
        column.last = *value;
        if (wire != Wire::bytes) {
            column.written += *value;
            return wire == Wire::fixed64 ? Form::fixed64 : Form::fixed32;
        }
        if (const auto uuid = uuid_from_text(*value)) {
            column.written += *uuid;
            return Form::uuid;
        }
        put_varint(column.written, value->size());
        column.written += *value;
        return Form::bytes;
    }

    Table table_;
};

// From columns to rows. Each step is false when they are damaged, or when more comes out than may.
class Joiner {
  public:
    Joiner(std::vector<BytesView> contents, std::size_t limit) : table_(std::move(contents)), limit_(limit) {}

    bool join() { return join(table_.root(), false, 0); }
    bool full() const { return out_.size() > limit_; }
    // Every byte of every column belongs to something.
    bool all_read(std::size_t columns) const {
        return table_.columns().size() == columns &&
               std::ranges::all_of(table_.columns(),
                                   [](const Column& column) { return column.unread.empty(); });
    }
    Bytes result() { return std::move(out_); }

  private:
    bool join(Column& list, bool named, int depth) {
        if (depth == max_depth) return false;
        Places places(table_, list, named);
        while (!full()) {
            const auto entry = take_varint(list.unread);
            if (!entry) return false;
            if (*entry == end_of_message) return true;
            const std::uint64_t number = *entry >> form_bits;
            if (number == 0 || number > max_field_number) return false;
            const auto form = static_cast<Form>(*entry & ((1U << form_bits) - 1));
            Column* column = places.of(static_cast<std::uint32_t>(number));
            if (column == nullptr) return false;
            if (form == Form::varint || form == Form::step) {
                if (!varint(number, form, *column)) return false;
            } else if (form == Form::message || form == Form::named) {
                tag(number, Wire::bytes);
                out_.push_back('\0');  // room for a short length
                const std::size_t begin = out_.size();
                if (!join(*column, form == Form::named, depth + 1)) return false;
                Bytes length;
                put_varint(length, out_.size() - begin);
                out_[begin - 1] = length.front();
                if (length.size() > 1) out_.insert(begin, length, 1);
            } else {
                if (!content(number, form, *column)) return false;
                if (column->last_wire == Wire::bytes)
                    places.said(static_cast<std::uint32_t>(number), column->last);
            }
        }
        return false;
    }

    void tag(std::uint64_t number, Wire wire) {
        put_varint(out_, number << 3U | static_cast<std::uint32_t>(wire));
    }

    bool varint(std::uint64_t number, Form form, Column& column) {
        const auto read = take_varint(column.unread);
        if (!read) return false;
        tag(number, Wire::varint);
        put_varint(out_, form == Form::step ? column.last_step += unzigzag(*read) : *read);
        return true;
    }

    bool content(std::uint64_t number, Form form, Column& column) {
        std::optional<BytesView> value;
        switch (form) {
            case Form::fixed64:
                value = take(column.unread, 8);
                column.last_wire = Wire::fixed64;
                break;
            case Form::fixed32:
                value = take(column.unread, 4);
                column.last_wire = Wire::fixed32;
                break;
            case Form::bytes:
                value = take(column.unread, take_varint(column.unread));
                column.last_wire = Wire::bytes;
                break;
            case Form::uuid:
                value = take(column.unread, uuid_bytes);
                column.last_wire = Wire::bytes;
                break;
            case Form::again:
                break;
            default:
                return false;
        }
        if (form != Form::again) {
            if (!value) return false;
            column.last = *value;
            if (form == Form::uuid) column.last = column.uuid = uuid_to_text(*value);
        }
        if (!column.last_wire) return false;
        tag(number, *column.last_wire);
        if (column.last_wire == Wire::bytes) put_varint(out_, column.last.size());
        out_ += column.last;
        return true;
    }

    Table table_;
    const std::size_t limit_;
    Bytes out_;
};

}  // namespace

std::optional<Bytes> to_columns(BytesView message, const Descriptor& type) {
    Splitter splitter;
    if (!splitter.split(message, type)) return std::nullopt;
    return splitter.result();
}

Result<Bytes> from_columns(BytesView columns, std::size_t limit) {
    const Error damaged = fail(ErrorCode::corrupt, "the columns of a message are damaged");
    const auto count = take_varint(columns);
    if (!count || *count == 0 || *count > max_columns) return damaged;
    std::vector<std::uint64_t> sizes;
    while (sizes.size() < *count) {
        const auto size = take_varint(columns);
        if (!size) return damaged;
        sizes.push_back(*size);
    }
    std::vector<BytesView> contents;
    for (const std::uint64_t size : sizes) {
        const auto content = take(columns, size);
        if (!content) return damaged;
        contents.push_back(*content);
    }
    if (!columns.empty()) return damaged;
    Joiner joiner(std::move(contents), limit);
    const bool joined = joiner.join();
    if (joiner.full()) {
        return fail(ErrorCode::full,
                    "a message in columns unfolds to more than " + std::to_string(limit) + " bytes");
    }
    if (!joined || !joiner.all_read(*count)) return damaged;
    return joiner.result();
}

}  // namespace fieldpost::protocol
