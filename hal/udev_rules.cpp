#include "hal/udev_rules.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "sync/base/config_words.hpp"

namespace fieldpost::hal {
namespace {

// udev(7); those with a name in braces, such as ATTRS{idVendor}, without it.
const std::set<std::string, std::less<>> known_keys{
    "ACTION", "DEVPATH", "KERNEL",  "KERNELS", "NAME",   "SYMLINK", "SUBSYSTEM", "SUBSYSTEMS",
    "DRIVER", "DRIVERS", "ATTR",    "ATTRS",   "SYSCTL", "ENV",     "CONST",     "TAG",
    "TAGS",   "TEST",    "PROGRAM", "RESULT",  "OWNER",  "GROUP",   "MODE",      "SECLABEL",
    "RUN",    "LABEL",   "GOTO",    "IMPORT",  "OPTIONS"};
constexpr std::array<std::string_view, 6> operators{"==", "!=", "+=", "-=", ":=", "="};

bool is_match(std::string_view op) {
    return op == "==" || op == "!=";
}

// Lines that end with a backslash go on in the next one.
struct Line {
    int number = 0;
    std::string text;
};

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    int number = 1;
    bool goes_on = false;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view one = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (one.ends_with('\r')) one.remove_suffix(1);
        const bool next_goes_on = one.ends_with('\\');
        if (next_goes_on) one.remove_suffix(1);
        if (goes_on) {
            lines.back().text += one;
        } else {
            lines.push_back({number, std::string(one)});
        }
        goes_on = next_goes_on;
        ++number;
    }
    return lines;
}

// Reads one rule from left to right.
class RuleReader {
  public:
    RuleReader(const Line& line, UdevRules& out) : line_(line), rest_(line.text), out_(out) {}

    void read() {
        skip_blanks();
        if (rest_.empty() || rest_.front() == '#') return;
        while (!rest_.empty()) {
            if (!read_pair()) return;
            skip_blanks();
            if (!rest_.empty() && rest_.front() == ',') {
                rest_.remove_prefix(1);
                skip_blanks();
            }
        }
        for (UdevLink& link : links_) {
            link.matches = matches_;
            out_.links.push_back(std::move(link));
        }
        if (matches_.empty() && !links_.empty()) complain("this rule names a link and matches every device");
    }

  private:
    bool read_pair() {
        const std::size_t begin = column();
        std::string key(take_while([](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }));
        if (key.empty()) return complain("a key in capital letters, such as KERNELS, is expected here");
        if (!known_keys.contains(key)) {
            return complain_at(begin, "udev has no key \"" + key + "\"" + did_you_mean(key, known_keys));
        }
        if (rest_.starts_with('{') && !skip_braces())
            return complain("the brace after " + key + " is not closed");
        skip_blanks();
        const auto op = std::ranges::find_if(operators, [this](auto one) { return rest_.starts_with(one); });
        if (op == operators.end()) return complain("one of == != = += -= := is expected after " + key);
        rest_.remove_prefix(op->size());
        skip_blanks();
        const auto value = read_quoted();
        if (!value) return complain("the value of " + key + " must stand in double quotes");
        return take(key, *op, *value);
    }

    bool take(const std::string& key, std::string_view op, const std::string& value) {
        if (key == "SYMLINK" && !is_match(op)) {
            take_links(value);
        } else if (is_match(op)) {
            matches_.push_back(value);
        } else if (key == "KERNEL" || key == "KERNELS" || key == "SUBSYSTEM" || key == "SUBSYSTEMS" ||
                   key == "ACTION" || key == "DRIVERS" || key == "ATTRS") {
            return complain(key + " can be compared with == or !=, and not be given a value");
        }
        return true;
    }

    void take_links(std::string_view names) {
        while (!names.empty()) {
            const std::size_t end = std::min(names.find(' '), names.size());
            if (end > 0) links_.push_back({std::string(names.substr(0, end)), line_.number, {}});
            names.remove_prefix(std::min(end + 1, names.size()));
        }
    }

    std::optional<std::string> read_quoted() {
        if (rest_.starts_with("e\"")) rest_.remove_prefix(1);  // with escapes
        if (!rest_.starts_with('"')) return std::nullopt;
        std::size_t end = 1;
        while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
        if (end >= rest_.size()) return std::nullopt;
        std::string value(rest_.substr(1, end - 1));
        rest_.remove_prefix(end + 1);
        return value;
    }

    bool skip_braces() {
        const std::size_t end = rest_.find('}');
        if (end == std::string_view::npos) return false;
        rest_.remove_prefix(end + 1);
        return true;
    }

    template <class Wanted>
    std::string_view take_while(Wanted wanted) {
        const auto end = std::ranges::find_if_not(rest_, wanted);
        const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(taken.size());
        return taken;
    }
    void skip_blanks() {
        take_while([](char c) { return c == ' ' || c == '\t'; });
    }

    std::size_t column() const { return line_.text.size() - rest_.size() + 1; }

    bool complain(std::string sentence) { return complain_at(column(), std::move(sentence)); }
    bool complain_at(std::size_t at, std::string sentence) {
        out_.problems.push_back({line_.number, static_cast<int>(at), std::move(sentence)});
        return false;
    }

    const Line& line_;
    std::string_view rest_;
    UdevRules& out_;
    std::vector<UdevLink> links_;
    std::vector<std::string> matches_;
};

}  // namespace

UdevRules read_udev_rules(std::string_view text) {
    UdevRules rules;
    for (const Line& line : lines_of(text)) RuleReader(line, rules).read();
    return rules;
}

}  // namespace fieldpost::hal
