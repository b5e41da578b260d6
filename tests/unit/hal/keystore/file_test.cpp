#include "hal/keystore/file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <future>
#include <set>

#include "sync/base/crypto.hpp"
#include "sync/base/file.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

// RFC 8032, 7.1, test 1: a key whose public half is known.
const std::string known_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
const std::string known_public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

std::filesystem::path key_file(const TempFolder& folder, std::string_view content, mode_t mode = 0600) {
    const std::filesystem::path path = folder.write("device.key", content);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
}

Error refusal(const std::filesystem::path& path) {
    const auto opened = open_file_keystore(path, IfMissing::create);
    REQUIRE_FALSE(opened.has_value());
    return opened.error();
}

}  // namespace

TEST_CASE("a key that is made signs, and is the same key when opened again") {
    const TempFolder folder;
    const auto made = open_file_keystore(folder / "device.key", IfMissing::create).value();
    const Bytes signature = made->sign("observation").value();
    CHECK(ed25519_verify(made->public_key(), "observation", signature));
    const auto opened = open_file_keystore(folder / "device.key", IfMissing::refuse).value();
    CHECK(opened->public_key() == made->public_key());
    CHECK(opened->sign("observation").value() == signature);
}

TEST_CASE("a key that is made is closed to others and leaves nothing beside it") {
    const TempFolder folder;
    const mode_t before = ::umask(0);
    const auto made = open_file_keystore(folder / "device.key", IfMissing::create);
    ::umask(before);
    REQUIRE(made.has_value());
    struct stat about {};
    REQUIRE(::stat((folder / "device.key").c_str(), &about) == 0);
    CHECK((about.st_mode & 07777) == 0600);
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
    CHECK(files == 1);
}

TEST_CASE("each machine gets its own key") {
    const TempFolder folder;
    const auto one = open_file_keystore(folder / "one.key", IfMissing::create).value();
    const auto two = open_file_keystore(folder / "two.key", IfMissing::create).value();
    CHECK(one->public_key() != two->public_key());
}

TEST_CASE("a key made by openssl is read") {
    const TempFolder folder;
    const auto opened = open_file_keystore(key_file(folder, known_pem), IfMissing::refuse).value();
    CHECK(to_hex(opened->public_key()) == known_public);
}

TEST_CASE("a missing key is only made when that was asked for") {
    const TempFolder folder;
    const auto opened = open_file_keystore(folder / "device.key", IfMissing::refuse);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == ErrorCode::not_found);
    CHECK(opened.error().message.find("openssl genpkey") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder / "device.key"));
}

TEST_CASE("a key that others can reach is refused with the command that closes it") {
    const TempFolder folder;
    for (const mode_t mode : {0640U, 0604U, 0620U, 0601U, 0644U, 0666U}) {
        const std::filesystem::path path = key_file(folder, known_pem, mode);
        const Error error = refusal(path);
        CHECK(error.code == ErrorCode::refused);
        CHECK(error.message.find("chmod 600 " + path.string()) != std::string::npos);
    }
    CHECK(open_file_keystore(key_file(folder, known_pem, 0400), IfMissing::refuse).has_value());
}

TEST_CASE("a key file of another user is refused") {
    if (::geteuid() != 0) return;  // only root can give a file away
    const TempFolder folder;
    const std::filesystem::path path = key_file(folder, known_pem);
    REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
    CHECK(refusal(path).code == ErrorCode::refused);
}

TEST_CASE("a link or a folder in place of the key is refused") {
    const TempFolder folder;
    std::filesystem::create_symlink(key_file(folder, known_pem), folder / "link.key");
    CHECK(refusal(folder / "link.key").code == ErrorCode::refused);
    std::filesystem::create_directory(folder / "folder.key");
    CHECK(refusal(folder / "folder.key").code == ErrorCode::refused);
}

TEST_CASE("a damaged key is refused and never replaced") {
    const TempFolder folder;
    std::string cut = known_pem.substr(0, 60);
    for (const std::string& content :
         {std::string(), std::string("not a key\n"), cut, std::string(100'000, 'A')}) {
        const std::filesystem::path path = key_file(folder, content);
        CHECK(refusal(path).code == ErrorCode::corrupt);
        CHECK(read_file(path).value() == content);
    }
}

TEST_CASE("a key of another kind or with a passphrase is refused") {
    const TempFolder folder;
    CHECK(refusal(key_file(folder,
                           "-----BEGIN PRIVATE KEY-----\n"
                           "MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6Udwsdq\n"  // X25519
                           "-----END PRIVATE KEY-----\n"))
              .code == ErrorCode::corrupt);
    CHECK(refusal(key_file(folder,
                           "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                           "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg=\n"
                           "-----END ENCRYPTED PRIVATE KEY-----\n"))
              .code == ErrorCode::corrupt);
}

TEST_CASE("a folder that is missing is an error with the key's path, not a crash") {
    const TempFolder folder;
    const auto opened = open_file_keystore(folder / "none/device.key", IfMissing::create);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().message.find("device.key") != std::string::npos);
}

TEST_CASE("programs that make the key at the same time all get the same one") {
    const TempFolder folder;
    std::vector<std::future<Bytes>> makers;
    for (int i = 0; i < 8; ++i) {
        makers.push_back(std::async(std::launch::async, [&] {
            return open_file_keystore(folder / "device.key", IfMissing::create).value()->public_key();
        }));
    }
    std::set<Bytes> keys;
    for (auto& maker : makers) keys.insert(maker.get());
    CHECK(keys.size() == 1);
}
