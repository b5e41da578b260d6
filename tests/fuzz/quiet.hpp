// Protobuf tells on the screen of every text that is not UTF-8; a fuzzer makes millions of them. Included
// where a target reads messages.
#pragma once

#include <google/protobuf/stubs/logging.h>

namespace fieldpost::fuzz {

inline google::protobuf::LogHandler* const told_before = google::protobuf::SetLogHandler(nullptr);

}  // namespace fieldpost::fuzz
