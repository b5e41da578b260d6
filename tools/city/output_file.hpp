// One file of an export, written in large pieces.
#pragma once

#include <cstdio>
#include <string>

#include "sync/base/result.hpp"

namespace fieldpost::city {

// The first error is kept, what follows is dropped, and close() tells.
class OutputFile {
  public:
    // Creates the file and, if need be, its folder.
    explicit OutputFile(std::string path);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    // Append here, then call flush_if_full().
    std::string& buffer() { return buffer_; }
    void flush_if_full() {
        if (buffer_.size() >= kFull) flush();
    }
    bool failed() const { return !error_.empty(); }
    Status close();

  private:
    static constexpr std::size_t kFull = 1 << 18;
    void flush();

    std::string path_;
    std::FILE* file_ = nullptr;
    std::string buffer_;
    std::string error_;
};

}  // namespace fieldpost::city
