#include "sync/base/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>

namespace fieldpost {

namespace {

struct PkeyDeleter {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct ContextDeleter {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Pkey = std::unique_ptr<EVP_PKEY, PkeyDeleter>;
using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

const unsigned char* as_uchar(BytesView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* as_uchar(Bytes& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

[[noreturn]] void crypto_is_broken(const char* what) {
    std::fprintf(stderr, "fieldpost: the system's cryptography failed (%s); stopping\n", what);
    std::abort();
}

// Looked up once: that takes longer than hashing a record.
const EVP_MD* sha256_algorithm() {
    static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (found == nullptr) crypto_is_broken("sha256");
    return found;
}

}  // namespace

struct Sha256::State {
    Context context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    if (EVP_DigestInit_ex(state_->context.get(), sha256_algorithm(), nullptr) != 1)
        crypto_is_broken("sha256");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(BytesView data) {
    if (EVP_DigestUpdate(state_->context.get(), data.data(), data.size()) != 1) crypto_is_broken("sha256");
}

Bytes Sha256::finish() {
    Bytes out(32, '\0');
    if (EVP_DigestFinal_ex(state_->context.get(), as_uchar(out), nullptr) != 1) crypto_is_broken("sha256");
    return out;
}

Bytes sha256(BytesView data) {
    Bytes out(32, '\0');
    if (EVP_Digest(data.data(), data.size(), as_uchar(out), nullptr, sha256_algorithm(), nullptr) != 1)
        crypto_is_broken("sha256");
    return out;
}

Bytes random_bytes(std::size_t count) {
    Bytes out(count, '\0');
    if (RAND_bytes(as_uchar(out), static_cast<int>(count)) != 1) crypto_is_broken("random");
    return out;
}

std::uint64_t random_u64() {
    return read_u64(random_bytes(8));
}

std::string random_uuid() {
    Bytes bytes = random_bytes(16);
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);  // RFC 4122: version 4
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);  // variant 1
    std::string hex = to_hex(bytes);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) hex.insert(dash, 1, '-');
    return hex;
}

Ed25519Key ed25519_generate() {
    Bytes seed = random_bytes(32);
    auto key = ed25519_from_seed(seed);
    OPENSSL_cleanse(seed.data(), seed.size());
    return std::move(*key);
}

Result<Ed25519Key> ed25519_from_seed(BytesView seed) {
    if (seed.size() != 32) return fail(ErrorCode::invalid_argument, "an Ed25519 seed has 32 bytes");
    Pkey pkey(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, as_uchar(seed), seed.size()));
    Bytes public_key(32, '\0');
    std::size_t size = public_key.size();
    if (!pkey || EVP_PKEY_get_raw_public_key(pkey.get(), as_uchar(public_key), &size) != 1) {
        crypto_is_broken("ed25519");
    }
    return Ed25519Key{std::move(public_key), std::move(pkey)};
}

Bytes ed25519_sign(const Ed25519Key& key, BytesView message) {
    const Context context(EVP_MD_CTX_new());
    Bytes signature(64, '\0');
    std::size_t size = signature.size();
    if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.private_key.get()) != 1 ||
        EVP_DigestSign(context.get(), as_uchar(signature), &size, as_uchar(message), message.size()) != 1) {
        crypto_is_broken("ed25519");
    }
    return signature;
}

bool ed25519_verify(BytesView public_key, BytesView message, BytesView signature) {
    if (public_key.size() != 32 || signature.size() != 64) return false;
    const Pkey pkey(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, as_uchar(public_key), public_key.size()));
    const Context context(EVP_MD_CTX_new());
    return pkey && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
           EVP_DigestVerify(context.get(), as_uchar(signature), signature.size(), as_uchar(message),
                            message.size()) == 1;
}

}  // namespace fieldpost
