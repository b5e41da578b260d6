// What a client sends, over a real socket into our request reader, guard and router; the first byte says
// whether it comes by TCP. A handler sees only requests within the limits, in plain UTF-8, under our own host
// name, and nothing that a page of another site made a browser send; an upload comes in pieces, within its
// own limit, and one that was refused does not end well; whatever a handler echoes, an answer's header and an
// event stay one.
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "daemon/support/http_wire.hpp"
#include "daemon/support/request_reader.hpp"
#include "daemon/support/target.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/unit/support/reply_for_tests.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;
using namespace fieldpost::support;

namespace {

// Small, so that inputs reach them.
HttpLimits limits() {
    HttpLimits out;
    out.target = 256;
    out.header = 1024;
    out.body = 512;
    return out;
}

void must_be_one_header(const std::string& header) {
    must(header.starts_with("HTTP/1.1 ") && header.find("\r\n\r\n") == header.size() - 4,
         "a header ends once");
    for (std::size_t at = 0; at < header.size(); ++at) {
        if (header[at] == '\r') must(header[at + 1] == '\n', "a header's lines end as they should");
        if (header[at] == '\n') must(at > 0 && header[at - 1] == '\r', "a header's lines end as they should");
        must(header[at] != '\0', "a header has no NUL");
    }
    must(header.find("\r\nInjected:") == std::string::npos, "nobody adds a line to a header");
}

void must_be_one_event(const std::string& text) {
    must(text.find("\n\n") == text.size() - 2 && text.find('\r') == std::string::npos, "an event ends once");
    for (std::size_t at = 0; at + 1 < text.size(); at = text.find('\n', at) + 1) {
        const auto line = std::string_view(text).substr(at);
        must(at == 0 ? line.starts_with("event: ") : line.starts_with("data: "),
             "an event is its own fields");
    }
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

void check_request(const Request& request) {
    must(request.path == "*" || request.path.starts_with('/'), "a path begins with a slash");
    must(request.path.size() <= limits().target && request.body.size() <= limits().body,
         "a request is bounded");
    for (const auto& [name, value] : request.query) {
        must(is_plain_text(name) && is_plain_text(value), "a query is plain text");
        must(percent_decode(percent_encode(value)) == value, "what is encoded is decoded");
    }
    for (const auto& [name, value] : request.params) {
        must(!value.empty() && is_plain_text(value), "a part of the path is plain text");
    }
    if (!request.from_socket) {
        const std::string host = lower(request.header("host").value_or(""));
        const bool ours = host.starts_with("[::1]") || host.substr(0, host.find(':')) == "localhost" ||
                          host.substr(0, host.find(':')) == "127.0.0.1";
        must(ours, "only our own names are answered");
        const auto site = request.header("sec-fetch-site");
        const bool is_safe =
            request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
        must(is_safe || !site || *site == "same-origin" || *site == "none", "no other site changes anything");
    }
    const auto limit = request.query_integer("limit", 1, 100);
    must(!limit || !*limit || (**limit >= 1 && **limit <= 100), "a number from the query is in its range");
    const auto lat = request.query_number("lat", -90, 90);
    must(!lat || !*lat || (**lat >= -90 && **lat <= 90), "a number from the query is in its range");
    const auto json = request.json_body();
    must(json || json.error().code == ErrorCode::invalid_argument, "a body is JSON, or its client is told");
}

constexpr std::uint64_t upload_limit = 3000;

// Counts, and refuses what says so.
class Upload final : public BodySink {
  public:
    void take(std::string piece, std::function<void(Status)> taken) override {
        must(piece.size() <= (64U << 10U), "an upload comes in pieces");
        bytes_ += piece.size();
        must(bytes_ <= upload_limit, "an upload is bounded");
        refused_ = piece.starts_with("refuse");
        taken(refused_ ? Status(fail(ErrorCode::full, "the disk is full")) : ok());
    }
    void finish(Reply reply) override {
        must(!refused_, "what was refused does not end well");
        reply.send({200, "text/plain", std::to_string(bytes_), {}});
    }

  private:
    std::uint64_t bytes_ = 0;
    bool refused_ = false;
};

Router make_router() {
    Router router;
    router.add_upload("POST", "/api/v1/attachments",
                      {upload_limit, [](const Request& request) -> Result<std::unique_ptr<BodySink>> {
                           check_request(request);
                           if (request.query_value("thumbnail") == "no")
                               return fail(ErrorCode::invalid_argument, "thumbnail is true or false");
                           return std::unique_ptr<BodySink>(std::make_unique<Upload>());
                       }});
    const auto echo = [](const Request& request, const Reply& reply) {
        check_request(request);
        const std::string text = request.params.empty() ? request.path : request.params[0].second;
        must_be_one_event(event_text(text, request.body));
        reply.send(Response{200, "text/plain", request.body, {{"X-Echo", text}, {text, "1"}}});
    };
    router.add("GET", "/api/v1/properties/{id}", echo);
    router.add("POST", "/api/v1/properties/{id}", echo);
    router.add("GET", "/api/v1/properties/nearest", echo);
    router.add("PUT", "/api/v1/{part}/{id}", echo);
    router.otherwise(echo);
    return router;
}

void answer(const Router& router, Received& received) {
    if (received.refusal) {
        must(received.refusal->status >= 400 && !received.keep_alive, "after a refusal no more is read");
        must_be_one_header(header_of(*received.refusal, false, true));
        return;
    }
    const auto sink = std::make_shared<ReplyForTests>();
    router.dispatch(received.request, Reply(sink));
    must(sink->response.has_value(), "every request is answered");
    must(sink->response->status != 500, "no request makes the program fail");
    must_be_one_header(header_of(*sink->response, received.keep_alive, true));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > (64U << 10U)) return 0;
    static const Router router = make_router();
    static boost::asio::io_context io(1);
    const HeapBound bound(16U << 20U);
    HttpOptions options;
    options.limits = limits();
    boost::asio::local::stream_protocol::socket client(io);
    boost::asio::local::stream_protocol::socket served(io);
    boost::asio::local::connect_pair(client, served);
    RequestReader::Socket socket(std::move(served));
    must(::write(client.native_handle(), data + 1, size - 1) == static_cast<ssize_t>(size - 1),
         "a socket takes 64 KiB");
    client.shutdown(boost::asio::socket_base::shutdown_send);

    RequestReader reader(socket, options, router, (data[0] & 1U) != 0);
    for (bool more = true; more;) {
        more = false;
        bool told = false;
        reader.read([&](Received received) {
            must(!told, "a request is told of once");
            told = true;
            if (received.gone) return;
            answer(router, received);
            more = received.keep_alive;
        });
        io.restart();
        io.run();
        must(told, "reading ends");
    }
    return 0;
}
