#include <array>
#include <charconv>

#include "daemon/device/api/api.hpp"
#include "sync/base/open_file.hpp"

namespace fieldpost::device {

namespace json = boost::json;
using support::Reply;
using support::Request;

namespace {

// One upload on its way to the store.
class AttachmentUpload final : public support::BodySink {
  public:
    AttachmentUpload(std::unique_ptr<ArrivingBlob> arriving, std::function<void()> attached)
        : arriving_(std::move(arriving)), attached_(std::move(attached)) {}

    void take(std::string piece, std::function<void(Status)> taken) override {
        arriving_->take(std::move(piece), std::move(taken));
    }
    void finish(Reply reply) override {
        arriving_->finish([reply, attached = attached_](const Result<KeptBlob>& kept) {
            if (!kept) return reply.send(support::problem(kept.error()));
            attached();
            reply.send(support::json_response(
                201, json::object{{"sha256", to_hex(kept->sha256)}, {"bytes", kept->bytes}}));
        });
    }

  private:
    std::unique_ptr<ArrivingBlob> arriving_;
    const std::function<void()> attached_;
};

// 0 when the client does not say, or says what is no number: then the pieces are counted.
std::uint64_t said_length(const Request& request) {
    const std::string_view text = request.header("content-length").value_or("");
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    return error == std::errc() && end == text.data() + text.size() ? length : 0;
}

Result<bool> is_thumbnail(const Request& request) {
    const auto value = request.query_value("thumbnail");
    if (!value || *value == "false") return false;
    if (*value == "true") return true;
    return fail(ErrorCode::invalid_argument, "thumbnail is true or false");
}

// What a browser may show, by its first bytes; everything else is a file to be saved.
std::string_view shown_type(BytesView begin) {
    struct Known {
        std::size_t at;
        std::string_view bytes;
        std::string_view type;
    };
    static constexpr std::array<Known, 9> known{{
        {0, "\xff\xd8\xff", "image/jpeg"},
        {0, "\x89PNG\r\n\x1a\n", "image/png"},
        {0, "GIF8", "image/gif"},
        {8, "WEBP", "image/webp"},
        {8, "WAVE", "audio/wav"},
        {4, "ftyp", "video/mp4"},
        {0, "\x1a\x45\xdf\xa3", "video/webm"},
        {0, "OggS", "audio/ogg"},
        {0, "ID3", "audio/mpeg"},
    }};
    for (const Known& type : known) {
        if (begin.substr(std::min(type.at, begin.size())).starts_with(type.bytes)) return type.type;
    }
    return "application/octet-stream";
}

support::Response attachment_file(const std::filesystem::path& path, std::uint64_t bytes) {
    std::string_view type = "application/octet-stream";
    if (auto file = OpenFile::open_to_read(path)) {
        const auto begin = file->read_at(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes, 16)));
        if (begin) type = shown_type(*begin);
    }
    support::Response response{200, std::string(type), {}, {}, path};
    if (type == "application/octet-stream")
        response.headers.emplace_back("Content-Disposition", "attachment");
    // What was attached is not ours: no browser may run it as a page of this device.
    response.headers.emplace_back("Content-Security-Policy", "sandbox; default-src 'none'");
    response.headers.emplace_back("ETag", "\"" + path.filename().string() + "\"");
    response.headers.emplace_back("Cache-Control", "private, max-age=31536000, immutable");
    return response;
}

}  // namespace

void Api::add_attachment_routes(support::Router& router) {
    router.add_upload(
        "POST", "/api/v1/attachments",
        {engine::max_blob_bytes,
         [this](const Request& request) -> Result<std::unique_ptr<support::BodySink>> {
             if (parts_.blobs.store() == nullptr) {
                 return fail(
                     ErrorCode::unavailable,
                     "NOT SAVED: attachments cannot be kept now; the messages of /api/v1/status say why "
                     "and what to do. What you write down is another matter: it says itself whether it "
                     "is saved");
             }
             const auto thumbnail = is_thumbnail(request);
             if (!thumbnail) return thumbnail.error();
             auto arriving = parts_.blobs.store()->begin(said_length(request), *thumbnail);
             if (!arriving) return arriving.error();
             return std::unique_ptr<support::BodySink>(
                 std::make_unique<AttachmentUpload>(std::move(*arriving), parts_.attached));
         }});
    router.add("GET", "/api/v1/attachments/{sha256}", [this](const Request& request, const Reply& reply) {
        const auto sha256 = from_hex(request.param("sha256"));
        const auto bytes = sha256 ? parts_.blobs.bytes_of(*sha256) : std::nullopt;
        if (!bytes) {
            return reply.send(support::problem(404, "Not Found", "this attachment is not on this device"));
        }
        reply.send(attachment_file(*parts_.blobs.store()->file_of(*sha256), *bytes));
    });
}

}  // namespace fieldpost::device
