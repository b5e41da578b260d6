// Inside: prepared statements are kept and used again, so each use ends with a reset, also when SQLite
// throws.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

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

}  // namespace fieldpost::snapshot
