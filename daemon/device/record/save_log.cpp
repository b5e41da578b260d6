#include "daemon/device/record/save_log.hpp"

#include <spdlog/spdlog.h>

namespace fieldpost::device {

void SaveLog::saved() {
    if (!is_saved_) spdlog::info("{} are saved again", what_);
    is_saved_ = true;
}

void SaveLog::not_saved(const Error& why) {
    if (is_saved_) spdlog::warn("{} are not saved: {}", what_, why.message);
    is_saved_ = false;
}

}  // namespace fieldpost::device
