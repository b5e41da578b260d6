// Using prepared statements.
#pragma once

#include "sync/base/bytes.hpp"
#include "sync/base/sqlite.hpp"

namespace fieldpost {

inline Bytes blob(const SQLite::Column& column) {
    return Bytes(static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes()));
}

// Of no bytes too, where a null pointer would bind NULL. The bytes must live until the statement has run.
inline void bind_blob(SQLite::Statement& statement, int index, BytesView bytes) {
    const void* const begin = bytes.empty() ? static_cast<const void*>("") : bytes.data();
    statement.bindNoCopy(index, begin, static_cast<int>(bytes.size()));
}

// Resets a statement when its use ends, also by an exception: an unreset reader would hold the transaction
// open.
class StatementUse {
  public:
    explicit StatementUse(SQLite::Statement& statement) : statement_(statement) {}
    ~StatementUse() { statement_.tryReset(); }
    StatementUse(const StatementUse&) = delete;
    StatementUse& operator=(const StatementUse&) = delete;
    SQLite::Statement* operator->() { return &statement_; }
    SQLite::Statement& operator*() { return statement_; }

  private:
    SQLite::Statement& statement_;
};

}  // namespace fieldpost
