// Writing much while others write too. One writer holds the store's only write lock, and SQLite does not
// queue those who wait: they look again from time to time. So the lock is held for a limited time, and then
// given up for long enough that a waiting hub, which looks every 20 ms, gets it. The shorter the time, the
// more often the same pages are written: with 200 ms a large import takes several times as long as with one
// second.
#pragma once

#include <chrono>
#include <optional>
#include <thread>

#include "sync/base/sqlite.hpp"

namespace fieldpost::hub {

class ShortTransactions {
  public:
    static constexpr std::chrono::milliseconds usual{1000};
    static constexpr std::chrono::milliseconds pause{30};

    explicit ShortTransactions(Database& database, std::chrono::milliseconds longest = usual)
        : database_(database), longest_(longest) {}
    // What is not committed is rolled back.
    ~ShortTransactions() = default;
    ShortTransactions(const ShortTransactions&) = delete;
    ShortTransactions& operator=(const ShortTransactions&) = delete;

    // Inside a transaction from here on.
    Status begin() {
        if (transaction_) return ok();
        return sql([&] {
            transaction_.emplace(database_, SQLite::TransactionBehavior::IMMEDIATE);
            began_ = std::chrono::steady_clock::now();
        });
    }

    // Where the work can be cut: ends a transaction whose time is over, and waits a moment. To be called also
    // while nothing is written, since the lock is held all the same.
    Status let_others_write() {
        if (!transaction_ || std::chrono::steady_clock::now() - began_ < longest_) return ok();
        if (auto done = commit(); !done) return done;
        std::this_thread::sleep_for(pause);
        return ok();
    }

    // Nothing to do outside of a transaction.
    Status commit() {
        if (!transaction_) return ok();
        auto done = sql([&] { transaction_->commit(); });
        transaction_.reset();
        return done;
    }

  private:
    Database& database_;
    const std::chrono::milliseconds longest_;
    std::optional<SQLite::Transaction> transaction_;
    std::chrono::steady_clock::time_point began_{};
};

}  // namespace fieldpost::hub
