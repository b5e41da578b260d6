#include "hal/gnss/nmea_framer.hpp"

namespace fieldpost::hal {
namespace {

// -1 when it is no hexadecimal digit. Some receivers write lower case.
int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    return -1;
}

bool ends_line(char byte) {
    return byte == '\r' || byte == '\n';
}

// NMEA 0183 allows 20..7E inside a sentence.
bool belongs_in_sentence(char byte) {
    return byte >= 0x20 && byte <= 0x7e;
}

}  // namespace

void NmeaFramer::feed(std::string_view bytes, const OnSentence& on_sentence) {
    for (const char byte : bytes) {
        if (byte == '$') {
            // ST's receivers may begin a line with two.
            if (state_ != State::between && !body_.empty()) abandon();
            begin();
            continue;
        }
        switch (state_) {
            case State::between:
                break;
            case State::body:
                if (byte == '*') {
                    state_ = State::first_digit;
                } else if (ends_line(byte)) {
                    end_unchecked(on_sentence);
                } else if (!belongs_in_sentence(byte) || body_.size() == longest_sentence) {
                    abandon();
                } else {
                    body_ += byte;
                    sum_ ^= byte;
                }
                break;
            case State::first_digit:
                take_first_digit(byte);
                break;
            case State::second_digit:
                take_second_digit(byte, on_sentence);
                break;
        }
    }
}

void NmeaFramer::reset() {
    state_ = State::between;
    has_checksums_ = false;
    unchecked_in_a_row_ = 0;
}

void NmeaFramer::begin() {
    state_ = State::body;
    body_.clear();
    sum_ = 0;
}

void NmeaFramer::abandon() {
    ++counts_.damaged;
    state_ = State::between;
}

// The sentence ends with its second digit: what follows (CR LF, NUL padding, noise) cannot harm it any more.
void NmeaFramer::take_second_digit(char byte, const OnSentence& on_sentence) {
    const int digit = hex_digit(byte);
    if (digit >= 0) {
        end_checked(first_digit_ * 16 + digit, on_sentence);
    } else if (ends_line(byte)) {
        end_checked(first_digit_, on_sentence);  // no leading zero, or cut off: then it is most likely wrong
    } else {
        abandon();
    }
}

void NmeaFramer::take_first_digit(char byte) {
    first_digit_ = hex_digit(byte);
    if (first_digit_ < 0) return abandon();
    state_ = State::second_digit;
}

void NmeaFramer::end_checked(int told, const OnSentence& on_sentence) {
    state_ = State::between;
    if (told != sum_) {
        ++counts_.bad_checksum;
        return;
    }
    has_checksums_ = true;
    ++counts_.sentences;
    on_sentence(body_);
}

void NmeaFramer::end_unchecked(const OnSentence& on_sentence) {
    if (has_checksums_ || ++unchecked_in_a_row_ <= trust_after) {
        abandon();
        return;
    }
    state_ = State::between;
    ++counts_.sentences;
    on_sentence(body_);
}

}  // namespace fieldpost::hal
