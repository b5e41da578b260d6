// Bytes are std::string, as in protobuf and SQLite bindings; a view is std::string_view.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fieldpost {

using Bytes = std::string;
using BytesView = std::string_view;

// Lower-case hexadecimal, two digits a byte.
std::string to_hex(BytesView bytes);

// nullopt when the length is odd or a character is not a hexadecimal digit (either case is read).
std::optional<Bytes> from_hex(std::string_view text);

// Big-endian, as all our hashes and keys order integers.
void append_u32(Bytes& out, std::uint32_t value);
void append_u64(Bytes& out, std::uint64_t value);
std::uint64_t read_u64(BytesView eight_bytes);

}  // namespace fieldpost
