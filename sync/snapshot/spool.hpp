// Inside of the bulk build: rows wait here, outside of memory, until it is known where in the file they
// belong. The file has no name any more and goes with the program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "sync/records/layer.hpp"

namespace fieldpost::snapshot {

// A row as it waits: its feed and source are numbers already, and the property is its group's.
struct SpooledRow {
    records::RecordId record = 0;
    std::int64_t kind = 0;
    std::int64_t feed = 0;
    std::int64_t version = 0;
    std::int64_t source = 0;
    std::int64_t as_of = 0;
    std::int64_t link_method = 0;
    std::int64_t link_confidence = 0;
    BytesView body;
};

// One thread. Throws SQLite::Exception when the disk refuses (SQLITE_FULL, SQLITE_IOERR).
class Spool {
  public:
    explicit Spool(const std::filesystem::path& path);
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    void put(std::uint32_t group, const SpooledRow& row);
    // After the last put: to be called once.
    void sort_by_group();
    // The group's rows as they were put; their bodies are good until the next call.
    const std::vector<SpooledRow>& rows(std::uint32_t group);

  private:
    struct Piece {
        std::uint32_t group = 0;
        std::uint32_t size = 0;
        std::uint64_t offset = 0;
    };
    void write();

    int fd_ = -1;
    Bytes unwritten_;
    std::uint64_t written_ = 0;
    std::vector<Piece> pieces_;
    Bytes content_;
    std::vector<SpooledRow> rows_;
};

}  // namespace fieldpost::snapshot
