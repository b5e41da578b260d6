// The hub's store, hub.db: records, feeds, what devices sent, all in one database so that one transaction can
// hold a batch, its cursor and its effects.
//
// A Store is used by one thread. A program has one that writes; readers open their own with open_reader and
// see one moment for as long as a transaction of theirs is open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "sync/base/sqlite.hpp"

namespace fieldpost::hub {

class Store {
  public:
    // Opens hub.db in `folder`, making both when they are not there, and brings the schema up to date.
    // corrupt when the database is damaged (it is left as it is), conflict when it is newer than this
    // program. One that was put in place from a backup begins a new generation here, and takes back nothing
    // that the files beside it say: whom `revoked` names is revoked again, and profiles and devices have the
    // rights of `rights`.
    static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder);

    // A second, read-only connection, also while another program writes. not_found when there is no store
    // yet, conflict when its schema is not this program's.
    static Result<std::unique_ptr<Store>> open_reader(const std::filesystem::path& folder);

    // The first half of every feed cursor, 1 to 2^62: a number drawn when the store was made, and
    // again when it turned out to be restored from a backup.
    std::int64_t generation() const { return generation_; }
    // Draws another, inside the caller's transaction: what devices hold of this hub is of the past.
    Status begin_generation();
    Database& database() { return *database_; }
    const std::filesystem::path& folder() const { return folder_; }
    // How many transactions and savepoints of this connection were rolled back: what was remembered from
    // inside one may not hold after it.
    std::uint64_t rollbacks() const { return rollbacks_; }
    // To be called after a savepoint was rolled back, of which SQLite does not tell.
    void rolled_back() {
        feeds_.clear();
        ++rollbacks_;
    }

    // What the current transaction has made of the feeds, by feed row; empty again when it ends, since others
    // write too. For Records, of which a connection may have several.
    struct FeedInTransaction {
        std::int64_t cursor = 0;  // the last one given
        std::uint64_t checksum = 0;
        std::string id;
    };
    std::map<std::int64_t, FeedInTransaction>& feeds_in_transaction() { return feeds_; }

    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

  private:
    Store(std::filesystem::path folder, std::unique_ptr<Database> database, std::int64_t generation);
    static Result<std::unique_ptr<Store>> finish_open(const std::filesystem::path& folder,
                                                      std::unique_ptr<Database> database);

    std::filesystem::path folder_;
    std::int64_t generation_ = 0;
    std::int64_t committed_generation_ = 0;
    std::uint64_t rollbacks_ = 0;
    std::map<std::int64_t, FeedInTransaction> feeds_;
    std::unique_ptr<Database> database_;  // closed first: its hooks write to what stands above
};

}  // namespace fieldpost::hub
