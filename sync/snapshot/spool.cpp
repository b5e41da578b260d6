#include "sync/snapshot/spool.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "sync/base/varint.hpp"

namespace fieldpost::snapshot {

namespace {

constexpr std::size_t written_at_once = 1U << 20U;

[[noreturn]] void refuse(const char* what) {
    const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    throw SQLite::Exception(what, full ? SQLITE_FULL : SQLITE_IOERR);
}

}  // namespace

Spool::Spool(const std::filesystem::path& path) {
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd_ < 0) refuse("opening the file of waiting rows");
    ::unlink(path.c_str());
}

Spool::~Spool() {
    ::close(fd_);
}

void Spool::put(std::uint32_t group, const SpooledRow& row) {
    const std::size_t before = unwritten_.size();
    append_u64(unwritten_, static_cast<std::uint64_t>(row.record));
    for (const std::int64_t number :
         {row.kind, row.feed, row.version, row.source, row.as_of, row.link_method, row.link_confidence})
        append_varint(unwritten_, zigzag(number));
    append_varint(unwritten_, row.body.size());
    unwritten_ += row.body;
    const auto size = static_cast<std::uint32_t>(unwritten_.size() - before);
    constexpr std::uint32_t piece_limit = std::numeric_limits<std::uint32_t>::max() / 2;
    if (!pieces_.empty() && pieces_.back().group == group && pieces_.back().size < piece_limit) {
        pieces_.back().size += size;
    } else {
        pieces_.push_back({group, size, written_ + before});
    }
    if (unwritten_.size() >= written_at_once) write();
}

void Spool::write() {
    std::size_t done = 0;
    while (done < unwritten_.size()) {
        const ssize_t n = ::write(fd_, unwritten_.data() + done, unwritten_.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) refuse("writing waiting rows");
        done += static_cast<std::size_t>(n);
    }
    written_ += done;
    unwritten_.clear();
}

void Spool::sort_by_group() {
    write();
    std::ranges::stable_sort(pieces_, {}, &Piece::group);
}

const std::vector<SpooledRow>& Spool::rows(std::uint32_t group) {
    content_.clear();
    rows_.clear();
    for (auto piece = std::ranges::lower_bound(pieces_, group, {}, &Piece::group);
         piece != pieces_.end() && piece->group == group; ++piece) {
        const std::size_t before = content_.size();
        content_.resize(before + piece->size);
        std::size_t got = 0;
        while (got < piece->size) {
            const ssize_t n = ::pread(fd_, content_.data() + before + got, piece->size - got,
                                      static_cast<off_t>(piece->offset + got));
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) refuse("reading waiting rows");
            got += static_cast<std::size_t>(n);
        }
    }
    VarintReader in(content_);
    while (!in.rest().empty() && !in.bad()) {
        SpooledRow row;
        const BytesView record = in.take_bytes(8);
        if (in.bad()) break;
        row.record = static_cast<records::RecordId>(read_u64(record));
        for (std::int64_t* number : {&row.kind, &row.feed, &row.version, &row.source, &row.as_of,
                                     &row.link_method, &row.link_confidence})
            *number = in.take_signed();
        row.body = in.take_bytes(in.take());
        rows_.push_back(row);
    }
    if (in.bad()) throw SQLite::Exception("waiting rows are damaged", SQLITE_CORRUPT);
    return rows_;
}

}  // namespace fieldpost::snapshot
