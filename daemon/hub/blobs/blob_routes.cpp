#include "daemon/hub/blobs/blob_routes.hpp"

namespace fieldpost::hub {

using support::Reply;
using support::Request;

void add_blob_routes(support::Router& router, BlobStore& blobs) {
    router.add("GET", "/api/v1/blobs/{sha256}", [&blobs](const Request& request, const Reply& reply) {
        const auto sha256 = from_hex(request.param("sha256"));
        const auto blob = sha256 ? blobs.find(*sha256) : std::nullopt;
        if (!blob) {
            return reply.send(support::problem(
                404, "Not Found", "the hub has no such attachment, or it has not come whole yet"));
        }
        // What crews attach is not the hub's own: no browser may run it as a page of the hub.
        reply.send({200,
                    "application/octet-stream",
                    {},
                    {{"Content-Disposition", "attachment"},
                     {"Content-Security-Policy", "sandbox; default-src 'none'"},
                     {"ETag", "\"" + to_hex(*sha256) + "\""},
                     {"Cache-Control", "private, max-age=31536000, immutable"}},
                    blob->file});
    });
}

}  // namespace fieldpost::hub
