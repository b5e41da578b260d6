#include "sync/seal/secret.hpp"

#include <sodium.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <utility>

namespace fieldpost::seal {

namespace {

const unsigned char* as_uchar(BytesView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

void start_sodium() {
    static const bool started = sodium_init() >= 0;
    if (started) return;
    std::fprintf(stderr, "fieldpost: libsodium does not start; stopping\n");
    std::abort();
}

void hash(unsigned char* out, std::size_t size, BytesView text, BytesView key) {
    // It refuses only sizes that we do not use.
    if (crypto_generichash(out, size, as_uchar(text), text.size(), as_uchar(key), key.size()) != 0)
        std::abort();
}

}  // namespace

Secret::Secret() {
    start_sodium();
    bytes_ = static_cast<unsigned char*>(sodium_malloc(secret_bytes));
    if (bytes_ == nullptr) throw std::bad_alloc();
}

Secret Secret::derived(BytesView from, BytesView label) {
    Secret out;
    hash(out.bytes_, secret_bytes, label, from);
    return out;
}

Secret::~Secret() {
    sodium_free(bytes_);  // overwrites them first
}

Secret::Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, nullptr)) {}

BytesView Secret::bytes() const {
    return {reinterpret_cast<const char*>(bytes_), secret_bytes};
}

Bytes keyed_hash(const Secret& key, BytesView text, std::size_t size) {
    Bytes out(size, '\0');
    hash(reinterpret_cast<unsigned char*>(out.data()), size, text, key.bytes());
    return out;
}

}  // namespace fieldpost::seal
