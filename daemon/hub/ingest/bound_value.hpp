// A mapping's value rules, bound to the columns of a file and ready to be read from row after row.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/hub/ingest/row.hpp"
#include "daemon/hub/sources/mapping.hpp"

namespace fieldpost::hub {

using Cells = std::vector<std::string_view>;

// What one row offers: its own cells, and those of the joined rows. For a rule with `each` the joined row is
// set one after the other; otherwise it is the first, or null when none matched.
struct RowView {
    const Cells* own = nullptr;
    std::vector<const Cells*> joined;  // by number of the join
};

// The columns that rules may name. Remembers which columns of the joins were asked for.
class ColumnNames {
  public:
    struct Reference {
        int join = -1;  // -1: the row's own
        std::size_t column = 0;
    };

    explicit ColumnNames(std::string file, const std::vector<std::string>& own)
        : file_(std::move(file)), own_(own) {}
    void add_join(std::string name, std::string file, std::vector<std::string> columns) {
        joins_.push_back({std::move(name), std::move(file), std::move(columns)});
    }

    // invalid_argument that names the rule's place and the columns there are.
    Result<Reference> find(const std::string& name, const Place& place) const;
    // -1 when there is no such join.
    int join_number(std::string_view name) const;

  private:
    struct Join {
        std::string name;
        std::string file;
        std::vector<std::string> columns;
    };
    std::string file_;
    std::vector<std::string> own_;
    std::vector<Join> joins_;
};

class BoundValue {
  public:
    static Result<BoundValue> bind(const ValueRule& rule, const ColumnNames& names,
                                   const std::vector<std::string>& null_words);

    // The value, empty when there is none. The view lives as long as the row's cells and until the next call.
    // refusal is set when the value is one that `otherwise = "quarantine"` does not let in.
    std::string_view read(const RowView& row, std::optional<Refusal>& refusal);

    // The values of a repeated field.
    std::vector<std::string> read_all(const RowView& row, std::optional<Refusal>& refusal);

  private:
    struct Piece {  // of a template: a literal, or a column
        std::string literal;
        std::optional<ColumnNames::Reference> column;
        int group = 0;  // number of the brackets it stands in; 0: in none
    };

    static Result<std::vector<Piece>> parse_template(const ValueRule& rule, const ColumnNames& names);
    std::string_view cell(const RowView& row, const ColumnNames::Reference& reference) const;
    std::string_view raw(const RowView& row);
    std::string_view finish(std::string_view value, std::optional<Refusal>& refusal);

    std::vector<ColumnNames::Reference> columns_;
    std::vector<Piece> pieces_;
    std::optional<std::string> constant_;
    std::vector<Replacement> replacements_;
    ValueRule::LetterCase letter_case_ = ValueRule::LetterCase::as_is;
    std::map<std::string, std::string, std::less<>> map_;
    ValueRule::Otherwise otherwise_ = ValueRule::Otherwise::keep;
    std::string split_;
    std::vector<std::string> null_words_;
    std::string made_;  // holds what is not a view of a cell
};

// [[where]] conditions bound to a file; all must hold.
class BoundConditions {
  public:
    static Result<BoundConditions> bind(const std::vector<Condition>& conditions, const ColumnNames& names,
                                        const std::vector<std::string>& null_words);
    bool hold(const RowView& row);

  private:
    struct Bound {
        BoundValue value;
        Condition::Test test;
        std::vector<std::string> words;
        std::optional<BoundValue> other;
    };
    std::vector<Bound> conditions_;
};

}  // namespace fieldpost::hub
