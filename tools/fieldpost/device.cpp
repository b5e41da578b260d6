#include "tools/fieldpost/device.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tools/fieldpost/read_json.hpp"

namespace fieldpost::cli {

namespace json = boost::json;

Failure failure(Exit exit, std::string_view title, std::string sentence) {
    json::object problem{{"type", "about:blank"},
                         {"title", json::string_view(title.data(), title.size())},
                         {"detail", sentence}};
    return Failure{exit, std::move(sentence), std::move(problem)};
}

Outcome<json::value> Device::get(std::string_view target) {
    return answer(client_.get(fmt::format("/api/v1{}", target)));
}

Outcome<json::value> Device::post(std::string_view target, const json::object& body) {
    return answer(client_.post_json(fmt::format("/api/v1{}", target), json::serialize(body)));
}

Outcome<json::value> Device::post_file(std::string_view target, const std::filesystem::path& file) {
    return answer(client_.post_file(fmt::format("/api/v1{}", target), file));
}

Outcome<json::value> Device::answer(const Result<support::ClientResponse>& response) const {
    if (!response) {
        return failure(
            Exit::unreachable, "Not reachable",
            fmt::format("{}. Does fieldpostd run, and is its socket {}? Name another one with --socket or "
                        "FIELDPOST_SOCKET.",
                        response.error().message, socket_));
    }
    json::error_code error;
    json::value body = json::parse(json::string_view(response->body.data(), response->body.size()), error);
    if (error) {
        return failure(Exit::unreachable, "No answer in JSON",
                       fmt::format("what answers on {} is not a Fieldpost device (status {})", socket_,
                                   response->status));
    }
    if (response->status < 400) return body;
    const std::string title = text_at(body, "title");
    const std::string detail = text_at(body, "detail");
    return Failure{
        response->status == 404 ? Exit::not_found : Exit::refused,
        detail.empty() ? fmt::format("the device refused: {} {}", response->status, title) : detail,
        std::move(body)};
}

}  // namespace fieldpost::cli
