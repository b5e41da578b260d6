#include "hal/part.hpp"

namespace fieldpost::hal {

std::string_view to_string(PartState state) {
    switch (state) {
        case PartState::ok:
            return "ok";
        case PartState::not_fitted:
            return "not_fitted";
        case PartState::broken:
            return "broken";
    }
    return "broken";
}

}  // namespace fieldpost::hal
