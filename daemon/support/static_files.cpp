#include "daemon/support/static_files.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "daemon/support/target.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::support {
namespace {

namespace fs = std::filesystem;

struct Found {
    fs::path file;
    std::string etag;
    bool gzip = false;
};

Response not_found() {
    return problem(404, reason_phrase(404), "there is no such file");
}

// The path below the folder; nullopt for one that may not be served. "/" at the end means index.html.
std::optional<fs::path> relative_path(std::string_view request_path) {
    const auto decoded = percent_decode(request_path);
    if (!decoded || !is_plain_text(*decoded)) return std::nullopt;
    fs::path relative;
    std::size_t at = 1;
    while (at < decoded->size()) {
        const std::size_t slash = std::min(decoded->find('/', at), decoded->size());
        const std::string segment = decoded->substr(at, slash - at);
        // A name with a dot in front also covers "." and "..".
        if (segment.empty() || segment.front() == '.' || segment.find('\\') != std::string::npos) {
            return std::nullopt;
        }
        relative /= segment;
        at = slash + 1;
    }
    if (decoded->ends_with('/')) relative /= "index.html";
    return relative;
}

// True when the real file lies below the (real) folder.
bool is_inside(const fs::path& folder, const fs::path& file) {
    std::error_code error;
    const fs::path real = fs::canonical(file, error);
    if (error) return false;
    const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), real.begin(), real.end());
    return end == folder.end();
}

// Size and time of change tell versions of a file apart, as they do for other servers.
std::optional<std::string> etag_of(const fs::path& file, std::string_view suffix) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return fmt::format("\"{:x}-{:x}.{:x}{}\"", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                       suffix);
}

bool accepts_gzip(const Request& request) {
    const std::string_view accept = request.header("accept-encoding").value_or("");
    const std::size_t at = accept.find("gzip");
    if (at == std::string_view::npos) return false;
    const std::string_view weight = accept.substr(at + 4, accept.find(',', at) - at - 4);
    return weight.find("q=0") == std::string_view::npos || weight.find("q=0.") != std::string_view::npos;
}

std::optional<Found> find_file(const fs::path& folder, const Request& request) {
    const auto relative = relative_path(request.path);
    if (!relative) return std::nullopt;
    const fs::path file = folder / *relative;
    if (accepts_gzip(request)) {
        fs::path packed = file;
        packed += ".gz";
        auto etag = etag_of(packed, "-gz");
        if (etag && is_inside(folder, packed)) return Found{std::move(packed), std::move(*etag), true};
    }
    auto etag = etag_of(file, "");
    if (!etag || !is_inside(folder, file)) return std::nullopt;
    return Found{file, std::move(*etag), false};
}

// RFC 9110, 13.1.2: "*", or a list of tags compared weakly. A tag of ours holds no comma.
bool matches_etag(std::string_view header, std::string_view etag) {
    if (header == "*") return true;
    while (!header.empty()) {
        const std::size_t comma = std::min(header.find(','), header.size());
        std::string_view tag = header.substr(0, comma);
        while (tag.starts_with(' ')) tag.remove_prefix(1);
        while (tag.ends_with(' ')) tag.remove_suffix(1);
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == etag) return true;
        header.remove_prefix(std::min(comma + 1, header.size()));
    }
    return false;
}

Response answer(const fs::path& folder, const StaticFilesOptions& options, const Request& request) {
    const auto found = find_file(folder, request);
    if (!found) return not_found();

    Response response;
    response.headers = options.headers;
    response.headers.emplace_back("ETag", found->etag);
    response.headers.emplace_back("Cache-Control", "no-cache");
    response.headers.emplace_back("Vary", "Accept-Encoding");
    if (const auto known = request.header("if-none-match"); known && matches_etag(*known, found->etag)) {
        response.status = 304;
        return response;
    }
    auto content = read_file(found->file, options.file_limit);
    if (!content) {
        if (content.error().code == ErrorCode::not_found) return not_found();
        spdlog::error(fmt::format("a file of the page cannot be served: {}", content.error().message));
        return problem(500, reason_phrase(500), "the file cannot be read; the log of this program says why");
    }
    if (found->gzip) response.headers.emplace_back("Content-Encoding", "gzip");
    response.content_type = content_type_of(found->gzip ? found->file.stem() : found->file);
    response.body = std::move(*content);
    return response;
}

}  // namespace

std::string_view content_type_of(const fs::path& file) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 30> types{{
        {".css", "text/css; charset=utf-8"},
        {".csv", "text/csv; charset=utf-8"},
        {".geojson", "application/geo+json"},
        {".gif", "image/gif"},
        {".heic", "image/heic"},
        {".html", "text/html; charset=utf-8"},
        {".ico", "image/vnd.microsoft.icon"},
        {".jpeg", "image/jpeg"},
        {".jpg", "image/jpeg"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".m4a", "audio/mp4"},
        {".map", "application/json"},
        {".md", "text/markdown; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".mov", "video/quicktime"},
        {".mp3", "audio/mpeg"},
        {".mp4", "video/mp4"},
        {".ogg", "audio/ogg"},
        {".pbf", "application/x-protobuf"},
        {".pdf", "application/pdf"},
        {".png", "image/png"},
        {".svg", "image/svg+xml"},
        {".txt", "text/plain; charset=utf-8"},
        {".wasm", "application/wasm"},
        {".wav", "audio/wav"},
        {".webm", "video/webm"},
        {".webmanifest", "application/manifest+json"},
        {".webp", "image/webp"},
        {".woff2", "font/woff2"},
    }};
    const std::string suffix = file.extension().string();
    const auto found =
        std::ranges::find(types, std::string_view(suffix), &decltype(types)::value_type::first);
    return found == types.end() ? "application/octet-stream" : found->second;
}

Result<Router::Handler> static_files(const fs::path& folder, StaticFilesOptions options) {
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    if (error || !fs::is_directory(real, error)) {
        return fail(ErrorCode::not_found, fmt::format("{} is not a folder", folder.string()));
    }
    return Router::Handler([real, options = std::move(options)](const Request& request, const Reply& reply) {
        reply.send(answer(real, options, request));
    });
}

}  // namespace fieldpost::support
