// A message turned from rows into columns, so that zstd finds like beside like: of 200 observations all ids,
// then all times, then all answers to one question. Reversible to the byte. Pure; any thread.
//
//     columns = count, length of each (varints), content of each
//
// A column belongs to one place: a field of a message in a field of a message …. The first is the outermost
// message's. A message's column lists its fields: each a varint, number * 16 + form, and 0 at its end. A
// field's content stands in its own column, next after what is there. Columns are numbered in the order in
// which that list, read from the beginning, comes to them. Forms:
//
//     0 varint    1 fixed64 (8 bytes)    2 fixed32 (4 bytes)    3 bytes: length as varint, content
//     4 message: its list stands in the column; each of its fields has one
//     5 named: a message, but its field 2 has a column for each content of its field 1
//     6 uuid: bytes that are 36 characters of lower-case text, as 16 bytes
//     7 again: nothing; the same as the column's last one of the forms 1, 2, 3 or 6
//     8 step: a varint, as zigzag difference to the column's last one of this form (at first to 0), modulo
//     2^64
#pragma once

#include <google/protobuf/descriptor.h>

#include <optional>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::protocol {

// The serialised message of that type in columns. Fields that the type does not know are kept. nullopt when
// it is not written as protobuf writes it, or has too many different places: then it cannot be.
std::optional<Bytes> to_columns(BytesView message, const google::protobuf::Descriptor& type);

// The message again. Knows no type, so what a newer program made is read all the same. Takes no more memory
// than some times `limit` and the input, whatever the input is, and time in proportion to them. corrupt when
// it is not in this form, full when the message is larger than `limit` bytes.
Result<Bytes> from_columns(BytesView columns, std::size_t limit);

}  // namespace fieldpost::protocol
