// Four functions of libsodium whose own file wants an operating system.
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" {

// For what cannot happen in what is linked of it. The watchdog makes a clean start of it.
[[noreturn]] void sodium_misuse() {
    for (;;) {
    }
}

int sodium_memcmp(const void* a, const void* b, std::size_t length) {
    const auto* const left = static_cast<const volatile std::uint8_t*>(a);
    const auto* const right = static_cast<const volatile std::uint8_t*>(b);
    unsigned difference = 0;
    for (std::size_t i = 0; i < length; ++i) difference |= static_cast<unsigned>(left[i] ^ right[i]);
    return difference == 0 ? 0 : -1;
}

int sodium_is_zero(const unsigned char* bytes, std::size_t length) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < length; ++i) bits |= bytes[i];
    return bits == 0 ? 1 : 0;
}

// Nothing here is secret: only signatures are checked.
void sodium_memzero(void* bytes, std::size_t length) {
    std::memset(bytes, 0, length);
}
}
