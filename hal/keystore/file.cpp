#include "hal/keystore/file.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "hal/fd.hpp"
#include "sync/base/crypto.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::hal {
namespace {

struct PkeyDeleter {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct BioDeleter {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using Pkey = std::unique_ptr<EVP_PKEY, PkeyDeleter>;
using Bio = std::unique_ptr<BIO, BioDeleter>;

class FileKeystore final : public Keystore {
  public:
    explicit FileKeystore(Ed25519Key key) : key_(std::move(key)) {}

    const Bytes& public_key() const override { return key_.public_key; }
    Result<Bytes> sign(BytesView message) const override { return ed25519_sign(key_, message); }
    PartStatus status() const override { return {PartState::ok, "The signing key is in a file."}; }

  private:
    const Ed25519Key key_;
};

Error io_error(const std::filesystem::path& path, const char* what) {
    const int number = errno;
    return fail(ErrorCode::io,
                std::string("cannot ") + what + " key file " + path.string() + ": " + std::strerror(number));
}

Status check_protection(const std::filesystem::path& path, const struct stat& file) {
    if (!S_ISREG(file.st_mode)) {
        return fail(ErrorCode::refused, "key file " + path.string() + " is not a plain file");
    }
    if (file.st_uid != ::geteuid() && file.st_uid != 0) {
        return fail(ErrorCode::refused,
                    "key file " + path.string() +
                        " belongs to another user; make it belong to the user who runs this program");
    }
    if ((file.st_mode & 077U) != 0) {
        std::array<char, 8> mode{};
        std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(file.st_mode & 07777U));
        return fail(ErrorCode::refused, "key file " + path.string() +
                                            " can be reached by other users (mode " + mode.data() +
                                            "); close it with: chmod 600 " + path.string());
    }
    return ok();
}

Result<Ed25519Key> parse_pem(const Bytes& pem, const std::filesystem::path& path) {
    const Error damaged =
        fail(ErrorCode::corrupt,
             "key file " + path.string() + " holds no Ed25519 private key without passphrase (PKCS#8 PEM)");
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    // Without this OpenSSL would ask for a passphrase at the terminal.
    const auto no_passphrase = [](char*, int, int, void*) { return -1; };
    const Pkey pkey(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
    if (!pkey || EVP_PKEY_get_id(pkey.get()) != EVP_PKEY_ED25519) return damaged;
    Bytes seed(32, '\0');
    std::size_t size = seed.size();
    if (EVP_PKEY_get_raw_private_key(pkey.get(), reinterpret_cast<unsigned char*>(seed.data()), &size) != 1) {
        return damaged;
    }
    auto key = ed25519_from_seed(seed);
    OPENSSL_cleanse(seed.data(), seed.size());
    return key;
}

Result<Bytes> to_pem(const Ed25519Key& key) {
    const Bio bio(BIO_new(BIO_s_secmem()));
    char* text = nullptr;
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key.private_key.get(), nullptr, nullptr, 0, nullptr,
                                              nullptr) != 1) {
        return fail(ErrorCode::internal, "OpenSSL could not write a new key");
    }
    const long size = BIO_get_mem_data(bio.get(), &text);
    return Bytes(text, static_cast<std::size_t>(size));
}

Result<Ed25519Key> load(const std::filesystem::path& path) {
    // A link could be turned to another file between a look and the next; what is opened here is what is
    // checked.
    const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) {
        if (errno == ENOENT) return fail(ErrorCode::not_found, "there is no key file " + path.string());
        if (errno == ELOOP)
            return fail(ErrorCode::refused, "key file " + path.string() + " is a symbolic link");
        if (errno == EACCES)
            return fail(ErrorCode::refused, "no permission to read key file " + path.string());
        return io_error(path, "open");
    }
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) return io_error(path, "examine");
    if (const Status checked = check_protection(path, about); !checked) return checked.error();

    std::array<char, 4096> buffer{};  // a key has 119 bytes
    Bytes pem;
    for (;;) {
        const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return io_error(path, "read");
        if (count == 0) break;
        pem.append(buffer.data(), static_cast<std::size_t>(count));
        if (pem.size() > buffer.size()) break;  // no key: parse_pem says so
    }
    auto key = parse_pem(pem, path);
    OPENSSL_cleanse(pem.data(), pem.size());
    OPENSSL_cleanse(buffer.data(), buffer.size());
    return key;
}

// Makes the file under a name of its own and links it to `path`, which fails if somebody else was faster.
Status create(const std::filesystem::path& path) {
    std::filesystem::path draft = path;
    draft += ".new-" + to_hex(random_bytes(8));
    auto pem = to_pem(ed25519_generate());
    if (!pem) return pem.error();
    const Status written = write_file_atomic(draft, *pem, 0600);
    OPENSSL_cleanse(pem->data(), pem->size());
    if (!written) return written.error().with("while making key file " + path.string());
    const bool linked = ::link(draft.c_str(), path.c_str()) == 0;
    const int problem = errno;
    ::unlink(draft.c_str());
    if (!linked && problem != EEXIST) {
        errno = problem;
        return io_error(path, "create");
    }
    return fsync_folder(path.has_parent_path() ? path.parent_path() : ".");
}

}  // namespace

Result<std::unique_ptr<Keystore>> open_file_keystore(const std::filesystem::path& path,
                                                     IfMissing if_missing) {
    auto key = load(path);
    if (!key && key.error().code == ErrorCode::not_found) {
        if (if_missing == IfMissing::refuse) {
            return fail(ErrorCode::not_found,
                        key.error().message + "; make one with: openssl genpkey -algorithm ed25519 -out " +
                            path.string() + " && chmod 600 " + path.string());
        }
        if (const Status made = create(path); !made) return made.error();
        key = load(path);
    }
    if (!key) return key.error();
    return std::unique_ptr<Keystore>(std::make_unique<FileKeystore>(std::move(*key)));
}

Result<std::unique_ptr<Keystore>> make_file_keystore(const SettingMap& values) {
    Settings settings("keystore driver file", values);
    const std::string path = settings.required_text("path");
    const bool create = settings.flag("create", false);
    if (const Status checked = settings.finish(); !checked) return checked.error();
    return open_file_keystore(path, create ? IfMissing::create : IfMissing::refuse);
}

}  // namespace fieldpost::hal
