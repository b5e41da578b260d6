// Serves the files of a folder: a page and what belongs to it.
#pragma once

#include <cstdint>
#include <filesystem>

#include "daemon/support/router.hpp"

namespace fieldpost::support {

struct StaticFilesOptions {
    // Added to every answer, such as a Content-Security-Policy.
    NameValues headers;
    // A larger file is answered 500 and logged: files are read whole, in the loop thread.
    std::uint64_t file_limit = 64U << 20U;
};

// A handler for Router::otherwise. "/" and "/folder/" serve index.html. Nothing outside `folder` is ever
// served, also not through links, and no name that begins with a dot. Answers carry an ETag and
// `Cache-Control: no-cache`, so that a browser asks again and gets a 304; with FILE.gz beside FILE, a client
// that accepts gzip gets that. not_found when `folder` is not a folder.
Result<Router::Handler> static_files(const std::filesystem::path& folder, StaticFilesOptions options = {});

// By the file's suffix; "application/octet-stream" when unknown.
std::string_view content_type_of(const std::filesystem::path& file);

}  // namespace fieldpost::support
