#include "daemon/support/router.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>

#include "daemon/support/target.hpp"

namespace fieldpost::support {
namespace {

// "/a/b" -> a, b; "/" -> one empty segment, so that "/a" and "/a/" are two paths.
std::vector<std::string_view> split_path(std::string_view path) {
    std::vector<std::string_view> segments;
    std::size_t at = 1;
    while (true) {
        const std::size_t slash = path.find('/', at);
        segments.push_back(path.substr(at, slash - at));
        if (slash == std::string_view::npos) return segments;
        at = slash + 1;
    }
}

std::string allowed(const std::vector<std::pair<std::string, Router::Handler>>& methods) {
    std::string allow;
    for (const auto& [method, handler] : methods) {
        allow += method + ", ";
        if (method == "GET") allow += "HEAD, ";
    }
    return allow + "OPTIONS";
}

void run(const Router::Handler& handler, const Request& request, const Reply& reply) {
    try {
        handler(request, reply);
    } catch (const std::exception& exception) {
        spdlog::error(
            fmt::format("the handler of {} {} failed: {}", request.method, request.route, exception.what()));
        reply.send(
            problem(500, reason_phrase(500), "something failed inside; the log of this program says what."));
    }
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
    if (!pattern.starts_with('/')) throw std::logic_error(fmt::format("route {} must begin with /", pattern));
    auto route = std::ranges::find(routes_, pattern, &Route::pattern);
    if (route == routes_.end()) {
        Route made{std::string(pattern), {}, {}};
        for (const std::string_view text : split_path(pattern)) {
            const bool is_param = text.size() > 2 && text.front() == '{' && text.back() == '}';
            made.segments.push_back(
                Segment{is_param, std::string(is_param ? text.substr(1, text.size() - 2) : text)});
        }
        route = routes_.insert(routes_.end(), std::move(made));
    }
    for (const auto& [known, unused] : route->methods) {
        if (known == method)
            throw std::logic_error(fmt::format("route {} {} is there twice", method, pattern));
    }
    route->methods.emplace_back(std::string(method), std::move(handler));
}

void Router::add_upload(std::string_view method, std::string_view pattern, Upload upload) {
    if (pattern.find('{') != std::string_view::npos) {
        throw std::logic_error(fmt::format("upload {} may not have a {{name}}", pattern));
    }
    add(method, pattern, [begin = upload.begin](const Request& request, const Reply& reply) {
        if (request.sink) return request.sink->finish(reply);
        // Dispatched without a server: the body is here.
        auto begun = begin(request);
        if (!begun) return reply.send(problem(begun.error()));
        const std::shared_ptr<BodySink> sink = std::move(*begun);
        sink->take(request.body, [sink, reply](const Status& taken) {
            taken ? sink->finish(reply) : reply.send(problem(taken.error()));
        });
    });
    uploads_.emplace(std::pair(std::string(method), std::string(pattern)), std::move(upload));
}

const Upload* Router::upload_of(const Request& request) const {
    const auto found = uploads_.find(std::pair(request.method, request.path));
    return found == uploads_.end() ? nullptr : &found->second;
}

void Router::otherwise(Handler handler) {
    otherwise_ = std::move(handler);
}

const Router::Route* Router::find(const std::vector<std::string>& path) const {
    const Route* best = nullptr;
    for (const Route& route : routes_) {
        if (route.segments.size() != path.size()) continue;
        const bool matches =
            std::ranges::equal(route.segments, path, [](const Segment& segment, const std::string& text) {
                return segment.is_param ? !text.empty() : segment.text == text;
            });
        if (!matches) continue;
        // The first segment that only one of them writes out decides.
        if (best == nullptr || std::ranges::lexicographical_compare(route.segments, best->segments, {},
                                                                    &Segment::is_param, &Segment::is_param)) {
            best = &route;
        }
    }
    return best;
}

void Router::dispatch(Request& request, Reply reply) const {
    std::vector<std::string> path;
    if (request.path.starts_with('/')) {
        for (const std::string_view segment : split_path(request.path)) {
            auto text = percent_decode(segment);
            if (!text || !is_plain_text(*text)) {
                reply.send(problem(400, reason_phrase(400), "the path is not percent-encoded UTF-8 text"));
                return;
            }
            path.push_back(std::move(*text));
        }
    }

    const Route* route = find(path);
    if (route == nullptr) {
        if (otherwise_ && (request.method == "GET" || request.method == "HEAD")) {
            run(otherwise_, request, reply);
        } else if (request.method == "OPTIONS" && request.path == "*") {
            reply.send(Response{204, "", "", {}});
        } else {
            reply.send(problem(404, reason_phrase(404), "there is nothing at this path"));
        }
        return;
    }

    request.route = route->pattern;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (route->segments[i].is_param) request.params.emplace_back(route->segments[i].text, path[i]);
    }
    const std::string_view wanted = request.method == "HEAD" ? "GET" : std::string_view(request.method);
    for (const auto& [method, handler] : route->methods) {
        if (method == wanted) {
            run(handler, request, reply);
            return;
        }
    }
    const std::string allow = allowed(route->methods);
    Response response = request.method == "OPTIONS"
                            ? Response{204, "", "", {}}
                            : problem(405, reason_phrase(405), "this path answers only to " + allow);
    response.headers.emplace_back("Allow", allow);
    reply.send(std::move(response));
}

}  // namespace fieldpost::support
