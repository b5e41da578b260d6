// D-Bus for drivers, over sdbus-c++: errors are values, and one thread waits for signals beside its stop
// event. Included by drivers' sources only.
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hal/worker.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

using BusProperties = std::map<std::string, sdbus::Variant>;

// The value of a property if it is there and of that type.
template <class Value>
std::optional<Value> property(const BusProperties& properties, const std::string& name) {
    const auto found = properties.find(name);
    if (found == properties.end() || !found->second.containsValueOfType<Value>()) return std::nullopt;
    return found->second.get<Value>();
}

// One connection; everything on one thread. A call waits for its answer, a second unless open() says more.
class Bus {
  public:
    static constexpr std::int64_t usual_answer_us = 1'000'000;

    // `address` empty: the system's bus. unavailable with a sentence.
    static Result<Bus> open(const std::string& address, std::int64_t answer_us = usual_answer_us);

    // not_found when nobody offers the service now, unavailable for all else.
    Result<BusProperties> properties(const std::string& service, const std::string& path,
                                     const std::string& interface);

    template <class Answer, class... Arguments>
    Result<Answer> call(const std::string& service, const std::string& path, const std::string& interface,
                        const std::string& method, Arguments&&... arguments) {
        try {
            Answer answer;
            proxy(service, path)
                .callMethod(method)
                .onInterface(interface)
                .withTimeout(static_cast<std::uint64_t>(answer_us_))
                .withArguments(std::forward<Arguments>(arguments)...)
                .storeResultsTo(answer);
            return answer;
        } catch (const sdbus::Error& error) {
            return failed(service, error);
        }
    }

    template <class... Arguments>
    Status tell(const std::string& service, const std::string& path, const std::string& interface,
                const std::string& method, Arguments&&... arguments) {
        try {
            proxy(service, path)
                .callMethod(method)
                .onInterface(interface)
                .withTimeout(static_cast<std::uint64_t>(answer_us_))
                .withArguments(std::forward<Arguments>(arguments)...);
            return ok();
        } catch (const sdbus::Error& error) {
            return failed(service, error);
        }
    }

    // Signals that fit the match rule go to `on_signal`, within wait().
    Status match(const std::string& rule, std::function<void(sdbus::Message&)> on_signal);

    enum class Woke { stop, signals, timeout, lost };
    // Waits for signals and hands them on. lost: the bus has ended the connection.
    Woke wait(const StopEvent& stop, std::optional<std::int64_t> timeout_us);

  private:
    Bus(std::unique_ptr<sdbus::IConnection> connection, std::int64_t answer_us)
        : connection_(std::move(connection)), answer_us_(answer_us) {}

    sdbus::IProxy& proxy(const std::string& service, const std::string& path);
    static Error failed(const std::string& service, const sdbus::Error& error);

    std::unique_ptr<sdbus::IConnection> connection_;
    std::int64_t answer_us_;
    std::unique_ptr<sdbus::IProxy> proxy_;  // the last one used
    std::pair<std::string, std::string> proxy_of_;
};

}  // namespace fieldpost::hal
