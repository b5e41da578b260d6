#include "daemon/hub/ingest/bound_value.hpp"

#include <algorithm>
#include <utility>

#include "daemon/hub/ingest/text.hpp"

namespace fieldpost::hub {

namespace {

std::string title_case(std::string_view text) {
    std::string out(text);
    bool inside = false;
    for (char& c : out) {
        const bool upper = c >= 'A' && c <= 'Z';
        const bool lower = c >= 'a' && c <= 'z';
        if (inside && upper) c = static_cast<char>(c - 'A' + 'a');
        if (!inside && lower) c = static_cast<char>(c - 'a' + 'A');
        inside = upper || lower || c == '\'' || (static_cast<unsigned char>(c) & 0x80) != 0;
    }
    return out;
}

std::string listed(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "'" : ", '") + name + "'";
    return out;
}

}  // namespace

Result<ColumnNames::Reference> ColumnNames::find(const std::string& name, const Place& place) const {
    const auto own = std::ranges::find(own_, name);
    if (own != own_.end()) return Reference{-1, static_cast<std::size_t>(own - own_.begin())};
    const auto dot = name.find('.');
    const int number = dot == std::string::npos ? -1 : join_number(name.substr(0, dot));
    if (number < 0) {
        return fail(ErrorCode::invalid_argument,
                    place.text() + ": " + file_ + " has no column '" + name + "'; it has " + listed(own_));
    }
    const auto& join = joins_[static_cast<std::size_t>(number)];
    const auto column = std::ranges::find(join.columns, name.substr(dot + 1));
    if (column == join.columns.end()) {
        return fail(ErrorCode::invalid_argument, place.text() + ": " + join.file + " has no column '" +
                                                     name.substr(dot + 1) + "'; it has " +
                                                     listed(join.columns));
    }
    return Reference{number, static_cast<std::size_t>(column - join.columns.begin())};
}

int ColumnNames::join_number(std::string_view name) const {
    const auto found = std::ranges::find(joins_, name, &Join::name);
    return found == joins_.end() ? -1 : static_cast<int>(found - joins_.begin());
}

Result<BoundValue> BoundValue::bind(const ValueRule& rule, const ColumnNames& names,
                                    const std::vector<std::string>& null_words) {
    BoundValue bound;
    bound.constant_ = rule.constant;
    bound.letter_case_ = rule.letter_case;
    bound.map_ = rule.map;
    bound.otherwise_ = rule.otherwise;
    bound.split_ = rule.split;
    bound.null_words_ = null_words;
    for (const auto& name : rule.columns) {
        auto reference = names.find(name, rule.place);
        if (!reference) return reference.error();
        bound.columns_.push_back(*reference);
    }
    auto pieces = parse_template(rule, names);
    if (!pieces) return pieces.error();
    bound.pieces_ = std::move(*pieces);
    bound.replacements_ = rule.replace;
    return bound;
}

Result<std::vector<BoundValue::Piece>> BoundValue::parse_template(const ValueRule& rule,
                                                                  const ColumnNames& names) {
    std::vector<Piece> pieces;
    std::string literal;
    int groups = 0;
    int group = 0;
    const auto end_literal = [&] {
        if (!literal.empty()) pieces.push_back({std::exchange(literal, {}), {}, group});
    };
    for (std::size_t at = 0; at < rule.pattern.size(); ++at) {
        const char c = rule.pattern[at];
        const auto close = c == '{' ? rule.pattern.find('}', at) : std::string::npos;
        if (close != std::string::npos) {
            end_literal();
            auto reference = names.find(rule.pattern.substr(at + 1, close - at - 1), rule.place);
            if (!reference) return reference.error();
            pieces.push_back({{}, *reference, group});
            at = close;
        } else if (c == '[' || c == ']') {
            end_literal();
            group = c == '[' ? ++groups : 0;
        } else {
            literal.push_back(c);
        }
    }
    end_literal();
    return pieces;
}

std::string_view BoundValue::cell(const RowView& row, const ColumnNames::Reference& reference) const {
    const Cells* cells = reference.join < 0 ? row.own : row.joined[static_cast<std::size_t>(reference.join)];
    if (cells == nullptr || reference.column >= cells->size()) return {};
    const std::string_view text = (*cells)[reference.column];
    if (!text.empty() && std::ranges::find(null_words_, text) != null_words_.end()) return {};
    return text;
}

std::string_view BoundValue::raw(const RowView& row) {
    if (constant_) return *constant_;
    if (pieces_.empty()) {
        for (const auto& reference : columns_) {
            if (const auto text = cell(row, reference); !text.empty()) return text;
        }
        return {};
    }
    bool any = false;
    made_.clear();
    for (const auto& piece : pieces_) {
        const bool falls_away =
            piece.group != 0 && std::ranges::any_of(pieces_, [&](const Piece& other) {
                return other.group == piece.group && other.column && cell(row, *other.column).empty();
            });
        if (falls_away) continue;
        if (!piece.column) {
            made_ += piece.literal;
            continue;
        }
        const auto text = cell(row, *piece.column);
        any = any || !text.empty();
        made_ += text;
    }
    if (!any) return {};
    return made_ = squash(made_);
}

std::string_view BoundValue::finish(std::string_view value, std::optional<Refusal>& refusal) {
    if (value.empty()) return value;
    for (const auto& replacement : replacements_) {
        auto replaced = replacement.apply(value);
        if (!replaced) {
            refusal = Refusal{"not_replaced", replaced.error().message};
            return {};
        }
        made_ = std::move(*replaced);
        value = trim(made_);
    }
    if (!map_.empty()) {
        if (const auto found = map_.find(value); found != map_.end()) {
            value = found->second;
        } else if (otherwise_ == ValueRule::Otherwise::drop) {
            value = {};
        } else if (otherwise_ == ValueRule::Otherwise::quarantine) {
            refusal =
                Refusal{"not_allowed", "'" + std::string(value) + "' is none of the values that are known"};
            return {};
        }
    }
    switch (letter_case_) {
        case ValueRule::LetterCase::as_is:
            return value;
        case ValueRule::LetterCase::upper:
            return made_ = upper_ascii(value);
        case ValueRule::LetterCase::title:
            return made_ = title_case(value);
        case ValueRule::LetterCase::lower:
            break;
    }
    std::string lowered(value);
    for (char& c : lowered) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return made_ = std::move(lowered);
}

std::string_view BoundValue::read(const RowView& row, std::optional<Refusal>& refusal) {
    return finish(raw(row), refusal);
}

std::vector<std::string> BoundValue::read_all(const RowView& row, std::optional<Refusal>& refusal) {
    std::vector<std::string> out;
    const auto add = [&](std::string_view text) {
        const auto value = trim(finish(trim(text), refusal));
        if (!value.empty() && std::ranges::find(out, value) == out.end()) out.emplace_back(value);
    };
    const auto add_parts = [&](std::string_view text) {
        if (split_.empty()) return add(text);
        for (std::size_t at = 0; at <= text.size();) {
            const auto end = std::min(text.find(split_, at), text.size());
            add(text.substr(at, end - at));
            at = end + split_.size();
        }
    };
    if (columns_.empty()) {
        const std::string whole(raw(row));
        add_parts(whole);
    }
    for (const auto& reference : columns_) add_parts(cell(row, reference));
    return out;
}

Result<BoundConditions> BoundConditions::bind(const std::vector<Condition>& conditions,
                                              const ColumnNames& names,
                                              const std::vector<std::string>& null_words) {
    BoundConditions bound;
    for (const auto& condition : conditions) {
        auto value = BoundValue::bind(condition.value, names, null_words);
        if (!value) return value.error();
        bound.conditions_.push_back({std::move(*value), condition.test, condition.words, {}});
        if (condition.test != Condition::Test::differs) continue;
        auto other = BoundValue::bind(condition.other, names, null_words);
        if (!other) return other.error();
        bound.conditions_.back().other = std::move(*other);
    }
    return bound;
}

bool BoundConditions::hold(const RowView& row) {
    return std::ranges::all_of(conditions_, [&](Bound& condition) {
        std::optional<Refusal> refusal;
        const auto value = condition.value.read(row, refusal);
        const bool named = std::ranges::find(condition.words, value) != condition.words.end();
        switch (condition.test) {
            case Condition::Test::is:
                return named;
            case Condition::Test::is_not:
                return !named;
            case Condition::Test::present:
                return !value.empty();
            case Condition::Test::absent:
                return value.empty();
            case Condition::Test::differs:
                return condition.other && value != condition.other->read(row, refusal);
        }
        return false;
    });
}

}  // namespace fieldpost::hub
