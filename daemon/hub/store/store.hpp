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

#include "sync/base/sqlite.hpp"

namespace fieldpost::hub {

class Store {
  public:
    // Opens hub.db in `folder`, making both when they are not there, and brings the schema up to date.
    // corrupt when the database is damaged (it is left as it is), conflict when it is newer than this
    // program.
    static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder);

    // A second, read-only connection. not_found when there is no store yet.
    static Result<std::unique_ptr<Store>> open_reader(const std::filesystem::path& folder);

    // The first half of every feed cursor, 1 to 2^62: a number drawn when the store was made.
    std::int64_t generation() const { return generation_; }
    Database& database() { return *database_; }
    const std::filesystem::path& folder() const { return folder_; }
    // How many transactions of this connection were rolled back: what was remembered from inside one may not
    // hold after it.
    std::uint64_t rollbacks() const { return rollbacks_; }

    // The last cursor given in the current transaction, by feed row; empty again when it ends, since others
    // write too. For Records, of which a connection may have several.
    std::map<std::int64_t, std::int64_t>& cursors_in_transaction() { return cursors_; }

    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

  private:
    Store(std::filesystem::path folder, std::unique_ptr<Database> database, std::int64_t generation);
    static Result<std::unique_ptr<Store>> finish_open(const std::filesystem::path& folder,
                                                      std::unique_ptr<Database> database);

    std::filesystem::path folder_;
    std::int64_t generation_ = 0;
    std::uint64_t rollbacks_ = 0;
    std::map<std::int64_t, std::int64_t> cursors_;
    std::unique_ptr<Database> database_;  // closed first: its hooks write to what stands above
};

}  // namespace fieldpost::hub
