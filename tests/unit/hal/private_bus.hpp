// A D-Bus of the test's own, and services on it that say what the test wants.
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "hal/bus.hpp"
#include "tests/unit/hal/child.hpp"
#include "tests/unit/hal/temp_folder.hpp"

namespace fieldpost::hal::testing {

class PrivateBus {
  public:
    static bool can_run() { return ::access(program, X_OK) == 0; }

    PrivateBus() : socket_(folder_ / "bus") { start(); }

    std::string address() const { return "unix:path=" + socket_.string(); }

    // Ends the bus, and with it every connection.
    void stop() { daemon_.reset(); }
    void start() {
        std::filesystem::remove(socket_);
        daemon_.emplace(std::vector<std::string>{program, "--session", "--nofork", "--nopidfile",
                                                 "--address=" + address()});
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!Bus::open(address())) {
            if (std::chrono::steady_clock::now() > limit)
                throw std::runtime_error("dbus-daemon does not answer");
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // it offers nothing to wait on
        }
    }

    std::unique_ptr<sdbus::IConnection> connect() const {
        return sdbus::createSessionBusConnectionWithAddress(address());
    }

  private:
    static constexpr const char* program = "/usr/bin/dbus-daemon";

    TempFolder folder_;
    std::filesystem::path socket_;
    std::optional<Child> daemon_;
};

// One service with objects whose properties the test sets. Objects are made, then serve() begins to answer.
class StandIn {
  public:
    StandIn(const PrivateBus& bus, const std::string& name) : connection_(bus.connect()), name_(name) {}
    ~StandIn() {
        if (loop_.joinable()) {
            connection_->leaveEventLoop();
            loop_.join();
        }
        objects_.clear();
    }
    StandIn(const StandIn&) = delete;
    StandIn& operator=(const StandIn&) = delete;

    sdbus::IObject& object(const std::string& path) {
        auto& object = objects_[path];
        if (!object) object = sdbus::createObject(*connection_, path);
        return *object;
    }

    template <class Value>
    void property(const std::string& path, const std::string& interface, const std::string& name,
                  Value value) {
        set_value(path, interface, name, sdbus::Variant(value));
        object(path).registerProperty(name).onInterface(interface).withGetter(
            [this, key = key_of(path, interface, name)] {
                const std::lock_guard lock(mutex_);
                return values_.at(key).template get<Value>();
            });
    }

    void serve() {
        for (auto& [path, object] : objects_) object->finishRegistration();
        connection_->requestName(name_);
        loop_ = std::thread([this] {
            try {
                connection_->enterEventLoop();
            } catch (const sdbus::Error&) {  // the bus has ended
            }
        });
    }

    // Changes a property and says so.
    template <class Value>
    void change(const std::string& path, const std::string& interface, const std::string& name, Value value) {
        set_value(path, interface, name, sdbus::Variant(value));
        object(path).emitPropertiesChangedSignal(interface, {name});
    }

  private:
    static std::string key_of(const std::string& path, const std::string& interface,
                              const std::string& name) {
        return path + " " + interface + " " + name;
    }
    void set_value(const std::string& path, const std::string& interface, const std::string& name,
                   sdbus::Variant value) {
        const std::lock_guard lock(mutex_);
        values_[key_of(path, interface, name)] = std::move(value);
    }

    std::mutex mutex_;
    std::map<std::string, sdbus::Variant> values_;
    std::unique_ptr<sdbus::IConnection> connection_;
    std::string name_;
    std::map<std::string, std::unique_ptr<sdbus::IObject>> objects_;
    std::thread loop_;
};

}  // namespace fieldpost::hal::testing
