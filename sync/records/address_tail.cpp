#include "sync/records/address_tail.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace fieldpost::records::reading {
namespace {

constexpr std::string_view state_codes =
    " AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC "
    "ND OH OK OR PA "
    "PR RI SC SD TN TX UT VT VA WA WV WI WY ";
constexpr std::string_view state_names =
    " ALABAMA ALASKA ARIZONA ARKANSAS CALIFORNIA COLORADO CONNECTICUT DELAWARE FLORIDA GEORGIA HAWAII IDAHO "
    "ILLINOIS "
    "INDIANA IOWA KANSAS KENTUCKY LOUISIANA MAINE MARYLAND MASSACHUSETTS MASS MICHIGAN MINNESOTA MISSISSIPPI "
    "MISSOURI "
    "MONTANA NEBRASKA NEVADA OHIO OKLAHOMA OREGON PENNSYLVANIA TENNESSEE TEXAS UTAH VERMONT VIRGINIA "
    "WASHINGTON "
    "WISCONSIN WYOMING ";
// Names of two words, by their last word, with what comes before it.
constexpr std::array<std::array<std::string_view, 2>, 11> long_names = {{{"NEW", "YORK"},
                                                                         {"NEW", "JERSEY"},
                                                                         {"NEW", "MEXICO"},
                                                                         {"NEW", "HAMPSHIRE"},
                                                                         {"NORTH", "CAROLINA"},
                                                                         {"SOUTH", "CAROLINA"},
                                                                         {"NORTH", "DAKOTA"},
                                                                         {"SOUTH", "DAKOTA"},
                                                                         {"RHODE", "ISLAND"},
                                                                         {"WEST", "VIRGINIA"},
                                                                         {"PUERTO", "RICO"}}};

bool listed(std::string_view list, std::string_view word) {
    return list.find(" " + std::string(word) + " ") != std::string_view::npos;
}

class Tail {
  public:
    explicit Tail(Tokens& tokens) : tokens_(tokens) {}

    MailingTail run() {
        take_commas();
        take_country();
        take_zip();
        take_state();
        if (tail_.postal_code.empty()) take_zip();
        return tail_;
    }

  private:
    bool word(std::size_t from_end, std::string_view text) const {
        return tokens_.size() > from_end && tokens_[tokens_.size() - 1 - from_end].is(text);
    }
    bool comma(std::size_t from_end) const {
        return tokens_.size() > from_end && tokens_[tokens_.size() - 1 - from_end].is_mark(',');
    }
    // Keeps the first token: it is never a tail.
    void take(std::size_t count) {
        tokens_.resize(tokens_.size() - count);
        tail_.found = true;
        take_commas();
    }
    void take_commas() {
        while (!tokens_.empty() && (tokens_.back().is_mark(',') || tokens_.back().is_mark(';')))
            tokens_.pop_back();
    }

    void take_country() {
        if (tokens_.size() < 2) return;
        bool america = word(0, "AMERICA") && word(1, "OF") && word(2, "STATES") && word(3, "UNITED");
        bool states = word(0, "STATES") && word(1, "UNITED");
        if (america && tokens_.size() > 4) {
            take(4);
        } else if (states && tokens_.size() > 2) {
            take(2);
        } else if (word(0, "USA") || (word(0, "US") && comma(1))) {
            take(1);
        }
    }

    void take_zip() {
        auto digits = [&](std::size_t from_end, std::size_t length) {
            if (tokens_.size() <= from_end) return false;
            const std::string& text = tokens_[tokens_.size() - 1 - from_end].word;
            return text.size() == length && all_digits(text);
        };
        std::size_t count = 0;
        if (digits(0, 5)) {
            count = 1;
        } else if (digits(0, 4) && tokens_.size() > 2 && tokens_[tokens_.size() - 2].is_mark('-') &&
                   digits(2, 5)) {
            count = 3;
        } else if (digits(0, 9) && tokens_.size() > 1) {
            count = 1;
        }
        if (count == 0 || tokens_.size() <= count) return;
        const Token& before = tokens_[tokens_.size() - 1 - count];
        for (std::string_view road : {"ROUTE", "RTE", "RT", "HIGHWAY", "HWY", "BOX", "I", "US"}) {
            if (before.is(road)) return;
        }
        if (before.is_mark('-') || before.is_mark('#')) return;
        tail_.postal_code = tokens_[tokens_.size() - count].word.substr(0, 5);
        take(count);
    }

    // Only behind a comma or before what was taken already: "CT" and "AL" are street types, too.
    void take_state() {
        if (tokens_.size() < 2) return;
        std::size_t words = 0;
        const std::string& last = tokens_.back().word;
        if (is_state(last)) words = 1;
        for (const auto& [first, second] : long_names) {
            if (word(0, second) && word(1, first)) words = 2;
        }
        if (words == 0 || tokens_.size() <= words) return;
        bool behind_comma = comma(words);
        if (!behind_comma && !tail_.found) return;
        // "12 Washington, 02139" is a street: a name of a state without comma needs words that can be a
        // street before it.
        if (!behind_comma && tokens_.size() - words < 3) return;
        take(words);
    }

    Tokens& tokens_;
    MailingTail tail_;
};

}  // namespace

MailingTail take_mailing_tail(Tokens& tokens) {
    return Tail(tokens).run();
}

bool is_state(std::string_view word) {
    return !word.empty() && (listed(state_codes, word) || listed(state_names, word));
}

}  // namespace fieldpost::records::reading
