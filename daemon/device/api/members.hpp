// What clients send: the members of a JSON object, read one by one.
#pragma once

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/device/record/recorder.hpp"
#include "daemon/support/scalar_text.hpp"

namespace fieldpost::device {

// Reads a JSON object's members one by one; the first thing that is wrong is kept, and so is what was not
// asked for.
class Members {
  public:
    explicit Members(boost::json::object body) : body_(std::move(body)) {}

    std::string text(std::string_view name) {
        const boost::json::value* value = take(name);
        if (value == nullptr || value->is_null()) return {};
        if (!value->is_string()) {
            complain("\"" + std::string(name) + "\" must be a text");
            return {};
        }
        return std::string(value->get_string());
    }

    records::RecordId record(std::string_view name) {
        const std::string given = text(name);
        if (given.empty()) return 0;
        const auto id = records::parse_id(given);
        if (!id) complain("\"" + std::string(name) + "\" is not the id of a record");
        return id.value_or(0);
    }

    std::vector<std::pair<std::string, std::string>> values(std::string_view name) {
        std::vector<std::pair<std::string, std::string>> out;
        const boost::json::value* value = take(name);
        if (value == nullptr || value->is_null()) return out;
        if (!value->is_object()) {
            complain("\"" + std::string(name) + "\" must be an object of names and values");
            return out;
        }
        for (const auto& member : value->get_object()) {
            auto given = support::scalar_text(member.value());
            if (!given) {
                complain("the value \"" + std::string(member.key()) +
                         "\" must be a text, number or true/false");
                return out;
            }
            out.emplace_back(member.key(), std::move(*given));
        }
        return out;
    }

    // A version of a record; nullopt when absent.
    std::optional<std::int64_t> version(std::string_view name) {
        const boost::json::value* value = take(name);
        if (value == nullptr || value->is_null()) return std::nullopt;
        if (value->is_int64() && value->get_int64() >= 0) return value->get_int64();
        complain("\"" + std::string(name) + "\" must be a whole number from 0");
        return std::nullopt;
    }

    // true or false; nullopt when absent.
    std::optional<bool> flag(std::string_view name) {
        const boost::json::value* value = take(name);
        if (value == nullptr || value->is_null()) return std::nullopt;
        if (value->is_bool()) return value->get_bool();
        complain("\"" + std::string(name) + "\" must be true or false");
        return std::nullopt;
    }

    // A SHA-256 in hexadecimal, as bytes; empty when absent.
    Bytes sha256(std::string_view name) {
        const std::string given = text(name);
        if (given.empty()) return {};
        auto bytes = from_hex(given).value_or(Bytes());
        if (bytes.size() == 32) return bytes;
        complain("\"" + std::string(name) + "\" must be 64 hexadecimal digits");
        return {};
    }

    std::vector<NewAttachment> attachments(std::string_view name) {
        std::vector<NewAttachment> out;
        const boost::json::value* value = take(name);
        if (value == nullptr || value->is_null()) return out;
        if (!value->is_array()) {
            complain("\"" + std::string(name) + "\" must be a list of objects");
            return out;
        }
        for (const auto& item : value->get_array()) {
            Members members(item.is_object() ? item.get_object() : boost::json::object());
            out.push_back({members.sha256("sha256"), members.text("media_type"), members.text("name"),
                           members.sha256("thumbnail")});
            auto sound = members.finish();
            if (!sound) complain("\"" + std::string(name) + "\": " + sound.error().message);
            if (out.back().sha256.empty()) complain("\"" + std::string(name) + "\": each needs a \"sha256\"");
        }
        return out;
    }

    // Names and values of any type; empty when absent.
    boost::json::object object(std::string_view name) {
        const boost::json::value* value = take(name);
        if (value == nullptr || value->is_null()) return {};
        if (!value->is_object()) {
            complain("\"" + std::string(name) + "\" must be an object");
            return {};
        }
        return value->get_object();
    }

    Status finish() {
        if (complaint_.empty() && seen_ != body_.size()) {
            for (const auto& member : body_) {
                if (std::find(asked_.begin(), asked_.end(), member.key()) == asked_.end()) {
                    complain("\"" + std::string(member.key()) + "\" is not known here");
                }
            }
        }
        if (!complaint_.empty()) return fail(ErrorCode::invalid_argument, complaint_);
        return ok();
    }

  private:
    const boost::json::value* take(std::string_view name) {
        asked_.emplace_back(name);
        const boost::json::value* value = body_.if_contains(name);
        if (value != nullptr) ++seen_;
        return value;
    }
    void complain(std::string sentence) {
        if (complaint_.empty()) complaint_ = std::move(sentence);
    }

    boost::json::object body_;
    std::vector<std::string> asked_;
    std::size_t seen_ = 0;
    std::string complaint_;
};

}  // namespace fieldpost::device
