// The fields of one NMEA 0183 sentence, and how their texts are read. A field that is empty or is not what it
// should be reads as absent: receivers leave fields empty for whatever they do not know.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "hal/gnss/fix.hpp"

namespace fieldpost::hal {

// Splits "GNRMC,081411.000,A,..." at its commas. Views into the sentence: it must outlive this object.
class NmeaFields {
  public:
    explicit NmeaFields(std::string_view sentence);

    // "GP", "GN", ... ; empty in a proprietary sentence.
    std::string_view talker() const { return talker_; }
    // "RMC", "GGA", ... ; in a proprietary sentence the whole address, such as "PGRME".
    std::string_view type() const { return type_; }

    // Field numbers as in the standard's tables: the address is 0, the first value 1. Empty beyond the last
    // one.
    std::string_view operator[](std::size_t index) const {
        return index < count_ ? fields_[index] : std::string_view{};
    }
    // Number of the last field.
    std::size_t last() const { return count_ - 1; }

    std::optional<double> number(std::size_t index) const;
    std::optional<int> count(std::size_t index) const;  // 0..9999
    // A field of one character; '\0' for any other, such as two fields that lost the comma between them.
    char letter(std::size_t index) const;

    // "hhmmss.sss" as microseconds since midnight; a leap second (60) is allowed, a missing first zero too.
    std::optional<std::int64_t> time_of_day_us(std::size_t index) const;
    // "ddmm.mmmm", "N", "dddmm.mmmm", "E" in four fields from `index` on. 0,0 is what receivers write when
    // they know nothing, and reads as absent.
    std::optional<Position> position(std::size_t index) const;

  private:
    // GSV with four satellites and a signal id has 21; the longest standard sentences stay below 40.
    std::array<std::string_view, 48> fields_{};
    std::size_t count_ = 0;
    std::string_view talker_;
    std::string_view type_;
};

// Days since 1970-01-01 of "ddmmyy", also without its first zero; years 80 to 99 are 1980 to 1999 (GPS time
// began in 1980).
std::optional<std::int64_t> read_date(std::string_view ddmmyy);

}  // namespace fieldpost::hal
