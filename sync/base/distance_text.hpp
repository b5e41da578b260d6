// How a distance is said to crews: in feet and miles. The page says it the same way
// (daemon/web/src/words.ts).
#pragma once

#include <string>

namespace fieldpost {

// "36 ft", "220 ft", "0.4 mi". To ten feet from 50 ft on, to a tenth of a mile from a fifth of a mile on.
std::string distance_text(double metres);

}  // namespace fieldpost
