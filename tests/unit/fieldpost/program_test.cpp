#include "tools/fieldpost/program.hpp"

#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/unit/support/server_for_tests.hpp"

using namespace fieldpost;
using namespace fieldpost::support;
namespace json = boost::json;

namespace {

constexpr const char* main_st = "0000000000001";
constexpr const char* maine_ave = "0000000000002";

json::object hit(const char* property, const char* title, double score) {
    return json::object{{"id", property}, {"kind", "property"},   {"title", title},
                        {"subtitle", ""}, {"match", "address"},   {"why", ""},
                        {"score", score}, {"property", property}, {"position", nullptr}};
}

json::object search_answer(std::string_view query) {
    json::array results;
    if (query == "12 main st") results = {hit(main_st, "12 Main St", 1), hit(maine_ave, "12 Maine Ave", 0.8)};
    if (query == "maine") results = {hit(maine_ave, "12 Maine Ave", 0.7)};
    if (query == "12 main") results = {hit(main_st, "12 Main St", 0.9), hit(maine_ave, "12 Maine Ave", 0.8)};
    if (query == "main & 1st") results = {hit(main_st, "Main St & 1st St", 1)};
    return json::object{
        {"query", query}, {"took_us", 1}, {"results", results}, {"suggestions", json::array()}};
}

json::object saved(const json::object& body) {
    return json::object{
        {"id", body.at("id")},
        {"saved", true},
        {"state", "pending"},
        {"operation", {{"epoch", "1"}, {"lane", "work"}, {"seq", 1}}},
        {"recorded_at", "2026-03-01T12:00:00Z"},
        {"position", {{"fix", "none"}}},
        {"time", {{"utc", "2026-03-01T12:00:00Z"}, {"quality", "ntp"}, {"boot_id", "b"}, {"boottime_s", 1}}}};
}

// Answers by the device's protocol from fixed data; the real device is covered by the system tests.
class FakeDevice {
  public:
    FakeDevice()
        : server_({}, [this](Router& router, EventLoop&) {
              router.add("GET", "/api/v1/status", [](const Request&, const Reply& reply) {
                  reply.send(json_response(200, json::object{{"device", "truck-7"}, {"city", "Sampleton"}}));
              });
              router.add("GET", "/api/v1/search", [](const Request& request, const Reply& reply) {
                  reply.send(json_response(200, search_answer(request.query_value("q").value_or(""))));
              });
              router.add("GET", "/api/v1/properties/{id}", [](const Request& request, const Reply& reply) {
                  if (request.param("id") != main_st) {
                      reply.send(problem(404, "Not Found", "no property has that id"));
                      return;
                  }
                  reply.send(json_response(200, json::object{{"id", main_st}, {"title", "12 Main St"}}));
              });
              router.add("GET", "/api/v1/near", [this](const Request& request, const Reply& reply) {
                  asked_ = request.query;
                  reply.send(json_response(
                      200,
                      json::object{
                          {"kind", "hydrant"},
                          {"results",
                           {{{"id", main_st}, {"title", "H-1"}, {"distance_m", 12}, {"bearing_deg", 0}}}}}));
              });
              router.add("POST", "/api/v1/observations", [this](const Request& request, const Reply& reply) {
                  body_ = request.json_body().value();
                  if (disk_is_full_) {
                      reply.send(problem(507, "Insufficient Storage", "the disk is full"));
                      return;
                  }
                  json::object answer = saved(body_);
                  if (forgets_to_confirm_) answer["saved"] = false;
                  reply.send(json_response(201, answer));
              });
              router.add("POST", "/api/v1/attachments", [this](const Request& request, const Reply& reply) {
                  if (disk_is_full_) {
                      reply.send(problem(507, "Insufficient Storage", "the disk is full"));
                      return;
                  }
                  attached_ = request.body;
                  reply.send(
                      json_response(201, json::object{{"sha256", std::string(64, 'a')}, {"bytes", 5}}));
              });
              router.add("POST", "/api/v1/sync", [](const Request&, const Reply& reply) {
                  reply.send(json_response(202, json::object{{"message", "comparing with the hub"}}));
              });
              router.add("POST", "/api/v1/link/pause", [this](const Request& request, const Reply& reply) {
                  body_ = request.json_body().value();
                  reply.send(json_response(200, json::object{{"message", "so it is"}}));
              });
          }) {}

    // The program's end, as a shell sees it.
    int run(std::vector<std::string> arguments) {
        std::ostringstream out;
        std::ostringstream error;
        const int exit = cli::run_program(std::move(arguments), server_.socket.string(), out, error);
        out_ = out.str();
        error_ = error.str();
        return exit;
    }

    std::string out_;
    std::string error_;
    NameValues asked_;
    json::object body_;
    std::string attached_;
    bool disk_is_full_ = false;
    bool forgets_to_confirm_ = false;
    ServerForTests server_;
};

}  // namespace

TEST_CASE("every command ends with 0 and prints what the device said") {
    FakeDevice device;
    CHECK(device.run({"status"}) == 0);
    CHECK(device.out_.starts_with("truck-7, Sampleton\n"));
    CHECK(device.run({"search", "12", "main", "st"}) == 0);
    CHECK(device.out_.find("12 Maine Ave") != std::string::npos);
    CHECK(device.run({"search", "main & 1st"}) == 0);
    CHECK(device.run({"show", main_st}) == 0);
    CHECK(device.run({"near"}) == 0);
    CHECK(device.run({"sync"}) == 0);
    CHECK(device.out_ == "comparing with the hub\n");
    CHECK(device.error_.empty());
}

TEST_CASE("pause and resume name a kind of link") {
    FakeDevice device;
    CHECK(device.run({"pause", "satellite"}) == 0);
    CHECK(device.body_ == json::object{{"kind", "satellite"}, {"paused", true}});
    CHECK(device.out_ == "so it is\n");
    CHECK(device.run({"resume", "lte"}) == 0);
    CHECK(device.body_ == json::object{{"kind", "lte"}, {"paused", false}});
    device.body_ = {};
    CHECK(device.run({"pause"}) == 2);
    CHECK(device.run({"pause", "radio"}) == 2);
    CHECK(device.body_.empty());
}

TEST_CASE("--json prints the device's answer, before or after the command, and its refusals too") {
    FakeDevice device;
    CHECK(device.run({"--json", "status"}) == 0);
    CHECK(json::parse(device.out_).at("device") == "truck-7");
    CHECK(device.run({"search", "maine", "--json"}) == 0);
    CHECK(json::parse(device.out_).at("results").as_array().size() == 1);
    CHECK(device.run({"show", maine_ave, "--json"}) == 4);
    CHECK(json::parse(device.out_).at("detail") == "no property has that id");
    CHECK(device.error_.empty());
}

TEST_CASE("what is not there ends with 4") {
    FakeDevice device;
    CHECK(device.run({"search", "nowhere"}) == 4);
    CHECK(device.error_ == "fieldpost: nothing found for \"nowhere\"\n");
    CHECK(device.run({"show", maine_ave}) == 4);
    CHECK(device.error_ == "fieldpost: no property has that id\n");
    CHECK(device.run({"show", "nowhere"}) == 4);
}

TEST_CASE("a device that is not there ends with 3 and says where it was looked for") {
    std::ostringstream out;
    std::ostringstream error;
    CHECK(cli::run_program({"status", "--socket", "/does/not/exist.sock"}, "", out, error) == 3);
    CHECK(error.str().find("/does/not/exist.sock") != std::string::npos);
    CHECK(out.str().empty());
    CHECK(cli::run_program({"--json", "status"}, "/does/not/exist.sock", out, error) == 3);
    CHECK(json::parse(out.str()).at("title") == "Not reachable");
}

TEST_CASE("what is not understood ends with 2 before the device is asked") {
    FakeDevice device;
    CHECK(device.run({}) == 2);
    CHECK(device.run({"dance"}) == 2);
    CHECK(device.run({"search"}) == 2);
    CHECK(device.run({"status", "--loud"}) == 2);
    CHECK(device.run({"search", "x", "--limit", "51"}) == 2);
    CHECK(device.run({"near", "hydrant", "--at", "42.3"}) == 2);
    CHECK(device.run({"near", "hydrant", "--at", "42.3,-71.1", "--place", "x"}) == 2);
    CHECK(device.run({"observe"}) == 2);
    CHECK(device.run({"observe", "--note", "x", "--severity", "awful"}) == 2);
    CHECK(device.run({"observe", "--property", "12 Main St", "--note", "x"}) == 2);
    CHECK(device.run({"observe", "--property", main_st, "--value", "novalue"}) == 2);
    CHECK(device.run({"observe", "--value", "a=1", "--value", "a=2"}) == 2);
    CHECK(device.body_.empty());
    CHECK(device.run({"--help"}) == 0);
    CHECK(device.out_.find("Exit codes:") != std::string::npos);
    CHECK(device.run({"observe", "--help"}) == 0);
}

TEST_CASE("near asks from the vehicle, from a point or from a place") {
    FakeDevice device;
    CHECK(device.run({"near", "hydrant"}) == 0);
    CHECK(device.asked_ == NameValues{{"kind", "hydrant"}, {"limit", "10"}});
    CHECK(device.run({"near", "--at", "42.5,-71.25", "--limit", "3"}) == 0);
    CHECK(device.asked_ ==
          NameValues{{"kind", "hydrant"}, {"limit", "3"}, {"lat", "42.5"}, {"lon", "-71.25"}});
    CHECK(device.run({"near", "street_light", "--place", "12 main st"}) == 0);
    CHECK(device.asked_ == NameValues{{"kind", "street_light"}, {"limit", "10"}, {"property", main_st}});
}

TEST_CASE("an address stands for a place only when it means one") {
    FakeDevice device;
    // The one that fits wholly beside others that come close.
    CHECK(device.run({"observe", "--address", "12 main st", "--note", "x"}) == 0);
    CHECK(device.body_.at("property") == main_st);
    // The only one.
    CHECK(device.run({"observe", "--near", "maine", "--note", "x"}) == 0);
    CHECK(device.body_.at("property") == maine_ave);
    device.body_.clear();
    CHECK(device.run({"observe", "--address", "12 main", "--note", "x"}) == 2);
    CHECK(device.error_.find(main_st) != std::string::npos);
    CHECK(device.error_.find(maine_ave) != std::string::npos);
    CHECK(device.run({"observe", "--address", "nowhere", "--note", "x"}) == 4);
    CHECK(device.body_.empty());
}

TEST_CASE("an observation is sent with an identity and typed values, and saved is what the device says") {
    FakeDevice device;
    CHECK(device.run({"observe", "--property", main_st, "--kind", "measurement", "--note",
                      "in the \"cellar\"", "--severity", "minor", "--value", "co_ppm=12.5", "--value",
                      "alarm=false", "--value", "unit=4=B"}) == 0);
    CHECK(device.out_.starts_with("saved  "));
    CHECK(device.out_.find("no fix") != std::string::npos);
    CHECK(device.body_.at("id").as_string().size() == 36);
    CHECK(device.body_.at("kind") == "measurement");
    CHECK(device.body_.at("note") == "in the \"cellar\"");
    CHECK(device.body_.at("severity") == "minor");
    CHECK(device.body_.at("values") == json::parse(R"({"co_ppm":12.5,"alarm":false,"unit":"4=B"})"));

    device.disk_is_full_ = true;
    CHECK(device.run({"observe", "--property", main_st, "--note", "x"}) == 1);
    CHECK(device.out_.empty());
    CHECK(device.error_ == "fieldpost: NOT SAVED: the disk is full\n");
    device.disk_is_full_ = false;
    device.forgets_to_confirm_ = true;
    CHECK(device.run({"observe", "--property", main_st, "--note", "x"}) == 1);
    CHECK(device.out_.empty());
}

TEST_CASE("when no answer comes, the person learns how to repeat without recording twice") {
    std::ostringstream out;
    std::ostringstream error;
    CHECK(cli::run_program({"observe", "--property", main_st, "--note", "x"}, "/does/not/exist.sock", out,
                           error) == 3);
    CHECK(error.str().find("NOT CONFIRMED as saved") != std::string::npos);
    CHECK(error.str().find("Repeat the command with --id ") != std::string::npos);
}

TEST_CASE("an answer that nobody can read is not a success") {
    FakeDevice device;
    std::ostringstream out;
    out.setstate(std::ios::badbit);
    std::ostringstream error;
    CHECK(cli::run_program({"status"}, device.server_.socket.string(), out, error) == 1);
}

TEST_CASE("observe sends the files that it attaches, and names them") {
    FakeDevice device;
    const auto photo = device.server_.folder.path / "door.jpg";
    device.server_.folder.write("door.jpg", "photo");
    CHECK(device.run({"observe", "--kind", "condition", "--attach", photo.string()}) == 0);
    CHECK(device.attached_ == "photo");
    const auto& attachment = device.body_.at("attachments").as_array().at(0);
    CHECK(attachment.at("sha256").as_string() == std::string(64, 'a'));
    CHECK(attachment.at("media_type").as_string() == "image/jpeg");
    CHECK(attachment.at("name").as_string() == "door.jpg");
}

TEST_CASE("observe records nothing when a file cannot be attached") {
    FakeDevice device;
    CHECK(device.run({"observe", "--note", "x", "--attach", "/no/such/file"}) == 2);
    CHECK(device.error_.find("NOT SAVED") != std::string::npos);
    device.server_.folder.write("door.jpg", "photo");
    device.disk_is_full_ = true;
    CHECK(device.run({"observe", "--note", "x", "--attach",
                      (device.server_.folder.path / "door.jpg").string()}) == 1);
    CHECK(device.error_.find("NOT SAVED") != std::string::npos);
    CHECK(device.body_.empty());
}
