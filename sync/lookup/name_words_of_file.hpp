// Inside of the search: the words of names as they stand in a city file, kept up with its changes.
#pragma once

#include <cstdint>
#include <string>

#include "sync/lookup/name_words.hpp"
#include "sync/snapshot/entries.hpp"

namespace fieldpost::lookup {

// One thread, inside a read transaction. Throws SQLite::Exception.
class NameWordsOfFile {
  public:
    // Keeps at most so many words: a file that has more is searched by those that it has first.
    explicit NameWordsOfFile(snapshot::Entries& entries, std::size_t most = 400'000)
        : entries_(entries), most_(most), words_(most) {}

    // All words are read when first asked for. What comes with later changes is taken up by and by, some at
    // each call and all over again at most every so many: a word that is new since is found as typed, only
    // not yet by its misspellings. Words that no name has any more find nothing; when they have taken all the
    // room, all are read anew.
    NameWords& get();
    // What was read may be secret now, or more than it was.
    void forget();

  private:
    void read_all();

    snapshot::Entries& entries_;
    const std::size_t most_;
    NameWords words_;
    std::int64_t version_ = 0;  // of the file they were read from; 0: not read
    bool file_has_more_ = false;
    bool renewing_ = false;
    std::string last_;     // of them that was read
    int asked_since_ = 0;  // they were all read
};

}  // namespace fieldpost::lookup
