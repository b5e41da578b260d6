// Finds the handler of a request by method and path. No I/O: a test can call dispatch() with a Request of its
// own.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/support/http_message.hpp"
#include "daemon/support/reply.hpp"
#include "daemon/support/upload.hpp"

namespace fieldpost::support {

class Router {
  public:
    // Called in the loop thread. The request lives until the handler returns: copy what is needed later. An
    // exception is a programming error; the client gets a 500 and it is logged.
    using Handler = std::function<void(const Request&, Reply)>;

    // `pattern` is a path such as "/api/v1/properties/{id}": a {name} matches one whole, non-empty segment. A
    // segment written out wins over a {name}. Adding a pattern twice for one method, or a pattern that does
    // not begin with "/", is a programming error (std::logic_error).
    void add(std::string_view method, std::string_view pattern, Handler handler);

    // The same for bodies that are taken piece by piece. `pattern` has no {name}.
    void add_upload(std::string_view method, std::string_view pattern, Upload upload);
    // How the body of this request, of which only the header was read, is taken; null: it is held in memory.
    const Upload* upload_of(const Request& request) const;

    // Gets every GET and HEAD that no pattern matches, such as the files of a page.
    void otherwise(Handler handler);

    // Answers HEAD from GET's handler (the server leaves the body out), OPTIONS with Allow, an unknown path
    // with 404, a known path with another method with 405 and Allow, a segment that does not decode with 400.
    // Fills request.params and request.route.
    void dispatch(Request& request, Reply reply) const;

  private:
    struct Segment {
        bool is_param = false;
        std::string text;  // literal, or the param's name
    };
    struct Route {
        std::string pattern;
        std::vector<Segment> segments;
        std::vector<std::pair<std::string, Handler>> methods;
    };

    const Route* find(const std::vector<std::string>& path) const;

    std::vector<Route> routes_;
    std::map<std::pair<std::string, std::string>, Upload, std::less<>> uploads_;  // by method and path
    Handler otherwise_;
};

}  // namespace fieldpost::support
