#include "sync/records/checksum.hpp"

#include "sync/base/crypto.hpp"

namespace fieldpost::records {

std::uint64_t row_hash(std::string_view feed, RecordId record, std::int64_t version) {
    Bytes text = "fieldpost row 1";
    text.reserve(text.size() + 2 + feed.size() + 16);
    text.push_back('\0');
    text.append(feed);
    text.push_back('\0');
    append_u64(text, static_cast<std::uint64_t>(record));
    append_u64(text, static_cast<std::uint64_t>(version));
    return read_u64(BytesView(sha256(text)).substr(0, 8));
}

}  // namespace fieldpost::records
