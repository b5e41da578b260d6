#include "daemon/support/static_files.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/support/reply_for_tests.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::support;

namespace {

struct Page {
    Page() {
        folder.write("secret.txt", "outside");
        folder.write("web/index.html", "<h1>index</h1>");
        folder.write("web/assets/app.js", "run()");
        folder.write("web/assets/app.js.gz", "packed");
        folder.write("web/.hidden", "hidden");
        folder.write("web/sub/index.html", "sub");
        std::filesystem::create_symlink(folder.path / "secret.txt", folder.path / "web/link.txt");
        std::filesystem::create_symlink(folder.path / "web/index.html", folder.path / "web/inside.html");
        handler = static_files(folder.path / "web", {{{"Content-Security-Policy", "default-src 'self'"}}, 20})
                      .value();
    }

    Response get(const std::string& path, NameValues headers = {}) const {
        const auto sink = std::make_shared<ReplyForTests>();
        Request request;
        request.method = "GET";
        request.path = path;
        request.headers = std::move(headers);
        handler(request, Reply(sink));
        REQUIRE(sink->response);
        return *sink->response;
    }

    TemporaryFolder folder;
    Router::Handler handler;
};

std::string header(const Response& response, const std::string& name) {
    for (const auto& [known, value] : response.headers) {
        if (known == name) return value;
    }
    return "";
}

}  // namespace

TEST_CASE("files of the folder are served with their type, folders as their index") {
    const Page page;
    const Response index = page.get("/");
    CHECK(index.status == 200);
    CHECK(index.body == "<h1>index</h1>");
    CHECK(index.content_type == "text/html; charset=utf-8");
    CHECK(header(index, "Content-Security-Policy") == "default-src 'self'");
    CHECK(header(index, "Cache-Control") == "no-cache");
    CHECK(page.get("/assets/app.js").content_type == "text/javascript; charset=utf-8");
    CHECK(page.get("/sub/").body == "sub");
    CHECK(page.get("/inside.html").body == "<h1>index</h1>");
    CHECK(page.get("/sub").status == 404);
    CHECK(page.get("/none.html").status == 404);
}

TEST_CASE("nothing outside the folder and nothing hidden is served") {
    const Page page;
    for (const char* path :
         {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/../../secret.txt",
          "/..\\secret.txt", "/.hidden", "/./index.html", "//index.html", "//etc/passwd", "/link.txt",
          "/index.html%00.js", "/%zz", "/assets/..", "/."}) {
        INFO(path);
        CHECK(page.get(path).status == 404);
    }
}

TEST_CASE("a browser that has the file already is told so, until the file changes") {
    const Page page;
    const std::string tag = header(page.get("/index.html"), "ETag");
    REQUIRE(tag.starts_with('"'));
    for (const std::string& known : {tag, "\"other\", " + tag, "W/" + tag, std::string("*")}) {
        const Response response = page.get("/index.html", {{"if-none-match", known}});
        CHECK(response.status == 304);
        CHECK(response.body.empty());
        CHECK(header(response, "ETag") == tag);
    }
    CHECK(page.get("/index.html", {{"if-none-match", "\"other\""}}).status == 200);
    page.folder.write("web/index.html", "changed");
    CHECK(page.get("/index.html", {{"if-none-match", tag}}).body == "changed");
}

TEST_CASE("a packed file is sent to who accepts it") {
    const Page page;
    const Response packed = page.get("/assets/app.js", {{"accept-encoding", "br, gzip;q=0.8"}});
    CHECK(packed.body == "packed");
    CHECK(packed.content_type == "text/javascript; charset=utf-8");
    CHECK(header(packed, "Content-Encoding") == "gzip");
    CHECK(header(packed, "Vary") == "Accept-Encoding");
    const Response plain = page.get("/assets/app.js", {{"accept-encoding", "gzip;q=0"}});
    CHECK(plain.body == "run()");
    CHECK(header(plain, "ETag") != header(packed, "ETag"));
    CHECK(page.get("/index.html", {{"accept-encoding", "gzip"}}).body == "<h1>index</h1>");
}

TEST_CASE("a file that is too large is refused, and a folder that is not there too") {
    const Page page;
    page.folder.write("web/large.txt", std::string(21, 'x'));
    CHECK(page.get("/large.txt").status == 500);
    CHECK(static_files(page.folder.path / "none").error().code == ErrorCode::not_found);
    CHECK_FALSE(static_files(page.folder.path / "secret.txt").has_value());
}
