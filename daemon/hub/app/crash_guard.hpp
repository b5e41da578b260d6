// Finds what crashes the hub, so that it does not do so for ever: an operation that crashed it twice is not
// read a third time, nor is a batch that did so outside of its operations. PROTOCOL: journal 4.
//
// A marker in the store's folder says what is being worked on. It is not synced: what a crashed process wrote
// is in the system's cache, and after a power cut nobody is to blame. Only a crash counts (a signal such as
// SIGSEGV or SIGABRT, or an exception that nobody caught), not that somebody killed the program.
#pragma once

#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"
#include "sync/engine/hub_store.hpp"

namespace fieldpost::hub {

// One thread; one at a time in a program, because signals are the program's.
class CrashGuard {
  public:
    // Counts the crash of the last run, if it ended with one, and watches this run's from here on.
    static Result<std::unique_ptr<CrashGuard>> open(const std::filesystem::path& folder);
    ~CrashGuard();
    CrashGuard(const CrashGuard&) = delete;
    CrashGuard& operator=(const CrashGuard&) = delete;

    // One transaction. Its end without commit() leaves the counts as they are.
    class Round {
      public:
        explicit Round(CrashGuard& guard) : guard_(guard) {}
        ~Round() { guard_.end(committed_, std::uncaught_exceptions() > exceptions_); }
        Round(const Round&) = delete;
        Round& operator=(const Round&) = delete;
        void committed() { committed_ = true; }

      private:
        CrashGuard& guard_;
        const int exceptions_ = std::uncaught_exceptions();
        bool committed_ = false;
    };

    // A message is taken up from here on; its bytes must live until the next one, or until the round ends.
    // False: it crashed the hub twice and must be dropped. Messages that are not read, or not all of them,
    // are kept in poison/, a hundred at most.
    bool handling(std::string_view topic, BytesView payload);
    // The message is a batch, and is unpacked from here on. False: this device's batches crashed the hub
    // twice there, those that are packed with a dictionary or those that are not. Each says when it was sent,
    // so it never comes with the same bytes again, and its lane is not known yet. Forgotten at the next start
    // that no crash was before.
    bool unpacking(std::string_view device, bool with_dictionary);
    // It is the batch that begins at this place, and is gone through from here on. It crashed the hub twice
    // outside of its operations: keep_unread; four times: leave, until the next start that no crash was
    // before.
    engine::BatchUse reading(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                             std::uint64_t first_seq);
    // The operation at this place is applied from here on. False: it crashed the hub twice and must not be
    // read.
    bool applying(std::string_view device, std::uint64_t epoch, protocol::Lane lane, std::uint64_t seq);
    // It is done: what crashes now is the rest of the batch.
    void applied() { mark(message_); }
    // All messages of the round are done, and it is committed from here on.
    void committing();
    // After a crash rounds shall have one message each for a while: what breaks only at the commit is found
    // so.
    bool one_by_one() const { return one_by_one_ > 0; }

  private:
    CrashGuard(std::filesystem::path folder, int fd) : folder_(std::move(folder)), fd_(fd) {}
    Status count_last();
    Status keep_counts();
    void mark(const std::string& what);
    void keep_message();
    void end(bool committed, bool exception);

    const std::filesystem::path folder_;
    const int fd_;                            // of the marker
    std::map<std::string, unsigned> counts_;  // what crashed the hub, and how often
    std::vector<std::string> in_round_;       // of those
    std::string message_;                     // taken up last, or the batch that it is
    BytesView payload_;                       // of that
    std::size_t messages_ = 0;                // of the round
    std::size_t one_by_one_ = 0;              // messages that are still to come so
};

}  // namespace fieldpost::hub
