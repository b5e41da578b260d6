#include "sync/engine/send_class.hpp"

namespace fieldpost::engine {

std::string_view to_string(SendClass what) {
    switch (what) {
        case SendClass::urgent:
            return "urgent";
        case SendClass::work:
            return "work";
        case SendClass::feed:
            return "feed";
        case SendClass::thumbnails:
            return "thumbnails";
        case SendClass::attachments:
            return "attachments";
        case SendClass::telemetry:
            return "telemetry";
        case SendClass::bulk:
            return "bulk";
    }
    return "work";
}

}  // namespace fieldpost::engine
