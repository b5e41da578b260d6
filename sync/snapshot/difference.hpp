// Inside of the writer: what two sorted lists do not share.
#pragma once

#include <vector>

namespace fieldpost::snapshot {

// Calls `gone` for what is only in `before` and `come` for what is only in `after`; both sorted.
template <class T, class Gone, class Come>
void difference(const std::vector<T>& before, const std::vector<T>& after, Gone gone, Come come) {
    auto old = before.begin();
    auto now = after.begin();
    while (old != before.end() || now != after.end()) {
        if (now == after.end() || (old != before.end() && *old < *now)) {
            gone(*old++);
        } else if (old == before.end() || *now < *old) {
            come(*now++);
        } else {
            ++old;
            ++now;
        }
    }
}

}  // namespace fieldpost::snapshot
