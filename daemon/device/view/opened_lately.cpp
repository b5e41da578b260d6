#include "daemon/device/view/opened_lately.hpp"

namespace fieldpost::device {

void OpenedLately::note(records::RecordId record) {
    std::erase(records_, record);
    records_.insert(records_.begin(), record);
    if (records_.size() > limit) records_.pop_back();
}

}  // namespace fieldpost::device
