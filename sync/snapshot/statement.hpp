// Inside: prepared statements are kept and used again, so each use ends with a reset, also when SQLite
// throws.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "sync/base/bytes.hpp"

namespace fieldpost::snapshot {

class ResetAtEnd {
  public:
    explicit ResetAtEnd(SQLite::Statement& statement) : statement_(statement) {}
    ~ResetAtEnd() { statement_.tryReset(); }
    ResetAtEnd(const ResetAtEnd&) = delete;
    ResetAtEnd& operator=(const ResetAtEnd&) = delete;

  private:
    SQLite::Statement& statement_;
};

// A statement that gives no rows.
inline void run(SQLite::Statement& statement) {
    const ResetAtEnd reset(statement);
    statement.exec();
}

// Copied. A null pointer would bind NULL, which is no bytes' value and before every key.
inline void bind_bytes(SQLite::Statement& statement, int at, BytesView bytes) {
    statement.bind(at, static_cast<const void*>(bytes.empty() ? "" : bytes.data()),
                   static_cast<int>(bytes.size()));
}

// Good until the statement's next step or reset.
inline BytesView bytes_of(const SQLite::Column& column) {
    const auto* bytes = static_cast<const char*>(column.getBlob());
    return bytes == nullptr ? BytesView() : BytesView(bytes, static_cast<std::size_t>(column.getBytes()));
}

}  // namespace fieldpost::snapshot
