// Finds NMEA 0183 sentences in a byte stream that may hold anything: half sentences, binary protocols, line
// noise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace fieldpost::hal {

// Sans-I/O and single-threaded. Memory is bounded by the longest sentence.
//
// A sentence runs from '$' to its checksum ("*" and two hex digits). Whatever stands before, between or
// behind is skipped, and a '$' inside a sentence begins a new one, so one damaged sentence never costs the
// next. NMEA 4 TAG blocks ("\s:...\") stand before the '$' and are skipped too; so are encapsulated sentences
// ('!', AIS).
//
// Old receivers send no checksums. A sentence without one is believed only after `trust_after` such sentences
// in a row on a stream that has never shown a checksum: elsewhere a missing checksum is a sign of damage. A
// few of them print the checksum without its leading zero; a single digit counts where the line ends behind
// it.
class NmeaFramer {
  public:
    // NMEA says 82 characters; receivers send proprietary sentences of several hundred.
    static constexpr std::size_t longest_sentence = 512;
    static constexpr int trust_after = 3;

    struct Counts {
        std::uint64_t sentences = 0;  // handed on
        std::uint64_t bad_checksum = 0;
        std::uint64_t damaged =
            0;  // begun, but cut off, too long, with a byte that no sentence holds, or unchecked
    };

    // Calls `on_sentence` with each sentence's text between '$' and '*'; the view lives for the call only.
    void feed(std::string_view bytes, const std::function<void(std::string_view)>& on_sentence);

    // Forgets a half sentence and what was learnt of the line: the port was opened anew.
    void reset();

    const Counts& counts() const { return counts_; }

  private:
    enum class State { between, body, first_digit, second_digit };
    using OnSentence = std::function<void(std::string_view)>;

    void begin();
    void abandon();
    void end_checked(int told, const OnSentence& on_sentence);
    void end_unchecked(const OnSentence& on_sentence);
    void take_first_digit(char byte);
    void take_second_digit(char byte, const OnSentence& on_sentence);

    State state_ = State::between;
    std::string body_;
    int sum_ = 0;  // exclusive-or over the body
    int first_digit_ = 0;
    bool has_checksums_ = false;
    int unchecked_in_a_row_ = 0;
    Counts counts_;
};

}  // namespace fieldpost::hal
