// What most files include: see FIELDPOST_PCH. Nobody includes this by name.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "sync/protocol/journal.pb.h"
#include "sync/protocol/wire.pb.h"
#include "sync/records/records.pb.h"
