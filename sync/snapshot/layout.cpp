#include "sync/snapshot/layout.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace fieldpost::snapshot {

lookup::Terms TermReader::read(records::Kind kind, BytesView body) {
    auto message = records::parse_body(kind, body);
    if (message) return lookup::extract(kind, **message);
    const auto slot = static_cast<std::size_t>(std::clamp(static_cast<int>(kind), 0, 63));
    if (!warned_.test(slot)) {
        warned_.set(slot);
        spdlog::warn("city data: {}; such rows are kept and shown as unknown, search does not find them",
                     message.error().message);
    }
    return {};
}

}  // namespace fieldpost::snapshot
