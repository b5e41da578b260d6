// A driver's settings as text, from the device's configuration or its board file.
//
// A driver asks for every key it knows, then calls finish(): a value out of range, a missing key and a key
// that nobody asked for (a misspelling) are all refused, never ignored.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sync/base/result.hpp"

namespace fieldpost::hal {

using SettingMap = std::map<std::string, std::string, std::less<>>;

class Settings {
  public:
    // `owner` names the driver in error sentences, such as "gnss driver serial". Both must outlive this
    // object.
    Settings(std::string_view owner, const SettingMap& values) : owner_(owner), values_(values) {}

    // Must be there and not empty.
    std::string required_text(const std::string& key);
    std::string text(const std::string& key, std::string_view fallback);
    // lowest and highest are allowed values. Decimal point, whatever the locale.
    double number(const std::string& key, double fallback, double lowest, double highest);
    std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t lowest,
                         std::int64_t highest);
    // "true" or "false".
    bool flag(const std::string& key, bool fallback);

    // The first thing that was wrong.
    Status finish() const;

  private:
    const std::string* find(const std::string& key);
    void complain(const std::string& key, const std::string& sentence);

    std::string_view owner_;
    const SettingMap& values_;
    std::set<std::string> known_;
    std::optional<std::string> complaint_;
};

}  // namespace fieldpost::hal
