#include "sync/base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace fieldpost {

void start_log(std::string_view program, std::string_view level) {
    auto logger = std::make_shared<spdlog::logger>(std::string(program),
                                                   std::make_shared<spdlog::sinks::stderr_sink_mt>());
    const bool under_systemd = std::getenv("JOURNAL_STREAM") != nullptr;
    logger->set_pattern(under_systemd ? "%l: %v" : "%Y-%m-%dT%H:%M:%S.%eZ %n %l: %v",
                        spdlog::pattern_time_type::utc);
    const auto wanted = spdlog::level::from_str(std::string(level));
    logger->set_level(wanted == spdlog::level::off && level != "off" ? spdlog::level::info : wanted);
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace fieldpost
