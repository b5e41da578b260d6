#include "daemon/support/target.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>
#include <cstdint>

namespace fieldpost::support {
namespace {

boost::urls::string_view to_boost(std::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
    Target out;
    if (target == "*") {
        out.path = target;
        return out;
    }
    const bool absolute = target.starts_with("http://") || target.starts_with("https://");
    const auto refused = [] {
        return fail(
            ErrorCode::invalid_argument,
            "the request target is not a URL path with a query; percent-encode what is not allowed in one");
    };
    const auto url = absolute ? boost::urls::parse_uri(to_boost(target))
                              : boost::urls::parse_origin_form(to_boost(target));
    if (!url) return refused();
    const boost::urls::string_view path = url->encoded_path();
    out.path.assign(path.data(), path.size());
    if (out.path.empty()) out.path = "/";
    // Boost 1.81 takes the letters of "http://host:letters" for a path.
    if (out.path.front() != '/') return refused();
    for (const auto& parameter : url->encoded_params()) {
        boost::urls::encoding_opts form;
        form.space_as_plus = true;
        std::string name;
        std::string value;
        parameter.key.decode(form, boost::urls::string_token::assign_to(name));
        if (parameter.has_value) parameter.value.decode(form, boost::urls::string_token::assign_to(value));
        if (!is_plain_text(name) || !is_plain_text(value)) {
            return fail(ErrorCode::invalid_argument, "the query is not UTF-8 text");
        }
        out.query.emplace_back(std::move(name), std::move(value));
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
    const auto encoded = boost::urls::make_pct_string_view(to_boost(text));
    if (!encoded) return std::nullopt;
    return encoded->decode();
}

std::string percent_encode(std::string_view text) {
    return boost::urls::encode(to_boost(text), boost::urls::unreserved_chars);
}

bool is_plain_text(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto lead = static_cast<unsigned char>(text[at]);
        if (lead == 0) return false;
        if (lead < 0x80) {
            ++at;
            continue;
        }
        const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return false;
        std::uint32_t point = lead & (0xFFU >> (length + 1));
        for (std::size_t i = 1; i < length; ++i) {
            const auto next = static_cast<unsigned char>(text[at + i]);
            if ((next & 0xC0U) != 0x80U) return false;
            point = (point << 6U) | (next & 0x3FU);
        }
        // Overlong forms, surrogates, and what lies beyond Unicode.
        if ((length == 3 && point < 0x800) || (length == 4 && (point < 0x10000 || point > 0x10FFFF)) ||
            (point >= 0xD800 && point <= 0xDFFF)) {
            return false;
        }
        at += length;
    }
    return true;
}

}  // namespace fieldpost::support
