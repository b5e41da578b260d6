// Of what nobody waits for, the log tells whether it is saved: once when it is not, and once when it is
// again.
#pragma once

#include <string>
#include <utility>

#include "sync/base/result.hpp"

namespace fieldpost::device {

class SaveLog {
  public:
    // "the vehicle's positions"
    explicit SaveLog(std::string what) : what_(std::move(what)) {}
    void saved();
    void not_saved(const Error& why);

  private:
    std::string what_;
    bool is_saved_ = true;  // as was told last
};

}  // namespace fieldpost::device
