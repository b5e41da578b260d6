#include "sync/lookup/name_words_of_file.hpp"

#include <spdlog/spdlog.h>

namespace fieldpost::lookup {

namespace {

constexpr std::size_t at_once = 500;
constexpr int pause = 200;

}  // namespace

void NameWordsOfFile::forget() {
    words_ = NameWords(most_);
    version_ = 0;
    renewing_ = false;
    asked_since_ = 0;
}

void NameWordsOfFile::read_all() {
    forget();
    version_ = entries_.data_version();
    entries_.for_each_name_word({}, SIZE_MAX,
                                [&](std::string_view word, std::int64_t rows) { words_.add(word, rows); });
    file_has_more_ = words_.is_full();
    if (file_has_more_)
        spdlog::warn("city data: more than {} words of names; some are not found when misspelt", most_);
}

NameWords& NameWordsOfFile::get() {
    ++asked_since_;
    if (version_ == 0) {
        read_all();
        return words_;
    }
    if (!renewing_ && asked_since_ >= pause && entries_.data_version() != version_) {
        version_ = entries_.data_version();
        renewing_ = true;
        last_.clear();
    }
    if (!renewing_) return words_;
    const auto take = [&](std::string_view word, std::int64_t rows) {
        words_.add(word, rows);
        last_ = word;
    };
    if (entries_.for_each_name_word(last_, at_once, take) < at_once) {
        renewing_ = false;
        asked_since_ = 0;
        // Words that no name has any more may take the room of those that have come.
        if (words_.is_full() && !file_has_more_) read_all();
    }
    return words_;
}

}  // namespace fieldpost::lookup
