#include "tools/fieldpost/read_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "tools/fieldpost/table.hpp"

namespace fieldpost::cli {

namespace json = boost::json;

const json::value& member(const json::value& object, std::string_view name) {
    static const json::value null;
    const json::object* members = object.if_object();
    const json::value* found =
        members == nullptr ? nullptr : members->if_contains(json::string_view(name.data(), name.size()));
    return found == nullptr ? null : *found;
}

std::string text_at(const json::value& object, std::string_view name) {
    const json::string* text = member(object, name).if_string();
    return text == nullptr ? std::string() : printable(std::string_view(text->data(), text->size()));
}

std::optional<double> number_at(const json::value& object, std::string_view name) {
    const json::value& value = member(object, name);
    if (!value.is_number()) return std::nullopt;
    return value.to_number<double>();
}

bool flag_at(const json::value& object, std::string_view name) {
    const bool* flag = member(object, name).if_bool();
    return flag != nullptr && *flag;
}

const json::array& array_at(const json::value& object, std::string_view name) {
    static const json::array none;
    const json::array* array = member(object, name).if_array();
    return array == nullptr ? none : *array;
}

}  // namespace fieldpost::cli
