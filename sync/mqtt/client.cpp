#include "sync/mqtt/client.hpp"

#include <mqtt/async_client.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <variant>

#include "sync/mqtt/tcp_connection.hpp"

namespace fieldpost::mqtt {

namespace {

// Paho looks at its own limit for a connect every three seconds. We wait longer than it does: as long as it
// is still connecting, another connect only starts its time anew, and what it says then belongs to none of
// ours.
constexpr std::chrono::seconds connect_slack{5};
constexpr std::chrono::seconds goodbye_patience{2};
constexpr std::chrono::seconds stable_after{30};  // a connection that lived this long resets the back-off
constexpr std::size_t window = 20;                // Mosquitto's own in-flight window

// What a message occupies while it waits, be it empty.
constexpr std::size_t message_overhead = 128;

std::size_t room_for(std::size_t topic, std::size_t payload) {
    return topic + payload + message_overhead;
}

struct Subscribe {
    std::vector<std::string> filters;
    bool on;
};
using Command = std::variant<Message, Subscribe>;

::mqtt::message_ptr to_paho(const Message& message) {
    return ::mqtt::make_message(message.topic, message.payload, message.confirmed ? 1 : 0, message.retain);
}

}  // namespace

class Client::Worker {
  public:
    Worker(Options options, Events events, Post post)
        : options_(std::move(options)),
          events_(std::move(events)),
          post_(std::move(post)),
          keep_alive_(options_.keep_alive) {
        std::signal(SIGPIPE, SIG_IGN);
        // MQTT 5 must be said here and in the connect options, or a reconnect may fall back to 3.1.
        ::mqtt::create_options create(MQTTVERSION_5);
        client_ = std::make_unique<::mqtt::async_client>(
            "tcp://" + options_.host + ":" + std::to_string(options_.port), options_.client_id, create,
            nullptr);
        client_->set_message_callback(
            [this](const ::mqtt::const_message_ptr& message) { received(message); });
        // A dropped socket calls the first, a DISCONNECT of the server only the second.
        client_->set_connection_lost_handler([this](const std::string& reason) { lost(reason); });
        client_->set_disconnected_handler([this](const ::mqtt::properties&, ::mqtt::ReasonCode) {
            lost("the broker ended the connection");
        });
    }

    void start() {
        thread_ = std::thread([this] { run(); });
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        if (thread_.joinable()) thread_.join();
        *alive_ = false;
    }

    bool add(Command command, std::size_t bytes) {
        {
            const std::lock_guard lock(mutex_);
            if (!connected_ || stopping_ || pending_bytes_ + bytes > options_.max_pending_bytes) return false;
            pending_bytes_ += bytes;
            if (const auto* message = std::get_if<Message>(&command))
                unwritten_ += message->topic.size() + message->payload.size();
            commands_.push_back(std::move(command));
        }
        changed_.notify_all();
        return true;
    }

    void retry_now() {
        {
            const std::lock_guard lock(mutex_);
            hurry_ = true;
        }
        changed_.notify_all();
    }

    void renew() {
        {
            const std::lock_guard lock(mutex_);
            if (!connected_) return;
        }
        lost("no answer comes over this connection");
    }

    void set_keep_alive(std::chrono::seconds keep_alive) {
        {
            const std::lock_guard lock(mutex_);
            keep_alive_ = keep_alive;
            // One that is being made is compared once it stands.
            if (!connected_ || connected_with_ == keep_alive) return;
        }
        lost("the link has another keep-alive");
    }

    std::uint64_t dropped() const { return dropped_; }

    // Paho does not tell what it has written: whatever TCP was given comes off what was handed over.
    std::optional<Transport> transport() {
        const std::lock_guard lock(mutex_);
        if (!connected_ || !tcp_) return std::nullopt;
        const auto progress = tcp_->progress();
        if (!progress) return std::nullopt;
        if (progress->on_the_way > 0) tcp_->spare_confirmations();
        // The kernel's figures are of two moments: their sum may go back.
        if (progress->written > written_) {
            unwritten_ -= std::min<std::uint64_t>(unwritten_, progress->written - written_);
            written_ = progress->written;
        }
        return Transport{unwritten_ + progress->on_the_way, progress->round_trip_ms};
    }

  private:
    // Paho's threads: copy, post, return; no exception may leave.
    void received(const ::mqtt::const_message_ptr& message) noexcept {
        try {
            const std::size_t size = room_for(message->get_topic().size(), message->get_payload().size());
            if (received_bytes_ + size > options_.max_received_bytes) {
                ++dropped_;
                return;
            }
            received_bytes_ += size;
            post([this, size,
                  copy = Message{message->get_topic(), message->get_payload(),
                                 message->is_retained()}]() mutable {
                received_bytes_ -= size;
                events_.message(std::move(copy));
            });
        } catch (...) {
            ++dropped_;
        }
    }

    void lost(const std::string& reason) noexcept {
        try {
            const std::lock_guard lock(mutex_);
            if (!lost_) lost_reason_ = reason.empty() ? "the connection was lost" : reason;
            lost_ = true;
            connected_ = false;
        } catch (...) {
            lost_ = true;
        }
        changed_.notify_all();
    }

    void post(std::function<void()> event) {
        post_([alive = alive_, event = std::move(event)] {
            if (*alive) event();
        });
    }

    bool connect(std::string& problem) {
        // A connection that came after we had given it up: with it, Paho would drop the next connect
        // silently.
        hang_up();
        try {
            ::mqtt::connect_options connect;
            connect.set_mqtt_version(MQTTVERSION_5);
            connect.set_clean_start(true);
            {
                const std::lock_guard lock(mutex_);
                connected_with_ = keep_alive_;
                connect.set_keep_alive_interval(keep_alive_);
            }
            connect.set_connect_timeout(options_.patience);
            connect.set_max_inflight(static_cast<int>(window));
            connect.set_automatic_reconnect(false);
            if (options_.will) {
                connect.set_will(::mqtt::will_options(options_.will->topic, options_.will->payload.data(),
                                                      options_.will->payload.size(), 1,
                                                      options_.will->retain));
            }
            const auto token = client_->connect(connect);
            if (!token->wait_for(options_.patience + connect_slack)) {
                problem = "the broker does not answer";
                return false;
            }
            if (client_->is_connected()) return true;
            problem = "the connection was lost";
        } catch (const ::mqtt::exception& exception) {
            problem = exception.what();
        }
        return false;
    }

    void hang_up() {
        try {
            if (client_->is_connected()) client_->disconnect()->wait_for(goodbye_patience);
        } catch (const ::mqtt::exception&) {
            // The connection is gone already.
        }
    }

    void carry_out(const Command& command) {
        if (const auto* message = std::get_if<Message>(&command)) {
            while (in_flight_.size() >= window) {
                // A token that fails or is late says nothing we rely on; the engines ask again.
                completes(*in_flight_.front(), std::chrono::steady_clock::now() + options_.patience);
                in_flight_.pop_front();
            }
            try {
                in_flight_.push_back(client_->publish(to_paho(*message)));
            } catch (const ::mqtt::exception& exception) {
                spdlog::debug("mqtt: {}", exception.what());
            }
        } else if (const auto* subscribe = std::get_if<Subscribe>(&command)) {
            const std::string* refused = first_unconfirmed(*subscribe);
            // Nobody would ask again on a connection that lives: only a new one subscribes anew.
            if (refused != nullptr && subscribe->on) {
                lost("the broker did not confirm the subscription to " + *refused);
            }
        }
    }

    // The first filter to which the broker did not say yes in time; nullptr: none. They are asked for
    // together: on a slow link each answer takes its round trip.
    const std::string* first_unconfirmed(const Subscribe& subscribe) {
        std::vector<::mqtt::token_ptr> tokens;
        try {
            for (const std::string& filter : subscribe.filters) {
                tokens.push_back(subscribe.on ? client_->subscribe(filter, 1) : client_->unsubscribe(filter));
            }
        } catch (const ::mqtt::exception& exception) {
            spdlog::debug("mqtt: {}", exception.what());
            return &subscribe.filters[tokens.size()];
        }
        const auto deadline = std::chrono::steady_clock::now() + options_.patience;
        for (std::size_t at = 0; at < tokens.size(); ++at) {
            if (!completes(*tokens[at], deadline)) return &subscribe.filters[at];
        }
        return nullptr;
    }

    static bool completes(::mqtt::token& token, std::chrono::steady_clock::time_point deadline) {
        try {
            return token.wait_until(deadline);
        } catch (const ::mqtt::exception& exception) {
            spdlog::debug("mqtt: {}", exception.what());
            return false;
        }
    }

    void serve() {
        for (;;) {
            Command command;
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [&] { return stopping_ || lost_ || !commands_.empty(); });
                if (lost_ || (stopping_ && commands_.empty())) return;
                command = std::move(commands_.front());
                commands_.pop_front();
                if (const auto* message = std::get_if<Message>(&command)) {
                    pending_bytes_ -= room_for(message->topic.size(), message->payload.size());
                }
            }
            carry_out(command);
        }
    }

    void run() {
        std::minstd_rand random(std::random_device{}());
        auto retry = options_.first_retry;
        for (;;) {
            std::string problem;
            {
                const std::lock_guard lock(mutex_);
                if (stopping_) return;
                lost_ = false;
                hurry_ = false;
            }
            const auto began = std::chrono::steady_clock::now();
            if (connect(problem)) {
                auto tcp = TcpConnection::find(options_.port);
                if (!tcp) {
                    spdlog::debug(
                        "no single connection to port {} was found: what is on its way cannot be seen",
                        options_.port);
                }
                // Else another was asked for while this connection was made. Whoever asks from here on sees
                // that it stands.
                bool keeps_alive_as_wanted = false;
                {
                    const std::lock_guard lock(mutex_);
                    keeps_alive_as_wanted = connected_with_ == keep_alive_;
                    connected_ = !lost_ && keeps_alive_as_wanted;
                    commands_.clear();
                    pending_bytes_ = 0;
                    tcp_ = tcp;
                    const auto progress = tcp ? tcp->progress() : std::nullopt;
                    written_ = progress ? progress->written : 0;
                    unwritten_ = 0;
                }
                if (!keeps_alive_as_wanted) {
                    hang_up();
                    continue;
                }
                post([this] { events_.connected(); });
                serve();
                say_goodbye();
                const std::lock_guard lock(mutex_);
                connected_ = false;
                in_flight_.clear();
                if (stopping_) return;
                problem = lost_reason_;
                if (std::chrono::steady_clock::now() - began > stable_after) retry = options_.first_retry;
            }
            post([this, problem] { events_.disconnected(problem); });
            std::unique_lock lock(mutex_);
            const auto jitter = std::uniform_int_distribution<long>(retry.count() / 2, retry.count())(random);
            changed_.wait_for(lock, std::chrono::milliseconds(jitter), [&] { return stopping_ || hurry_; });
            retry = std::min(retry * 2, options_.longest_retry);
        }
    }

    // Lets what is on its way arrive, if the connection lives, and ends it. Also one that is lost to us
    // alone: it must be gone before the next connect.
    void say_goodbye() {
        const auto deadline = std::chrono::steady_clock::now() + goodbye_patience;
        for (const auto& token : in_flight_) {
            {
                const std::lock_guard lock(mutex_);
                if (lost_) break;
            }
            try {
                token->wait_until(deadline);
            } catch (const ::mqtt::exception&) {
                // It was refused or the connection is gone: nothing more to wait for.
            }
        }
        hang_up();
    }

    const Options options_;
    const Events events_;
    const Post post_;
    std::thread thread_;
    std::shared_ptr<std::atomic<bool>> alive_ = std::make_shared<std::atomic<bool>>(true);

    std::mutex mutex_;  // guards what follows, up to the next blank line
    std::condition_variable changed_;
    std::deque<Command> commands_;
    std::size_t pending_bytes_ = 0;
    std::optional<TcpConnection> tcp_;
    std::uint64_t written_ = 0;  // as last seen
    std::size_t unwritten_ = 0;  // handed to Paho since then: at most
    std::string lost_reason_;
    std::chrono::seconds keep_alive_;
    std::chrono::seconds connected_with_{0};  // the keep-alive of the last connect
    bool connected_ = false;
    bool lost_ = false;
    bool stopping_ = false;
    bool hurry_ = false;

    std::deque<::mqtt::delivery_token_ptr> in_flight_;  // the worker's own
    std::atomic<std::size_t> received_bytes_{0};
    std::atomic<std::uint64_t> dropped_{0};

    // Last, so that it goes first: until then its threads may call back, which uses what stands above.
    std::unique_ptr<::mqtt::async_client> client_;
};

Client::Client(Options options, Events events, Post post)
    : worker_(std::make_unique<Worker>(std::move(options), std::move(events), std::move(post))) {}

Client::~Client() {
    stop();
}

void Client::start() {
    worker_->start();
}
void Client::stop() {
    worker_->stop();
}

bool Client::publish(Message message) {
    const std::size_t bytes = room_for(message.topic.size(), message.payload.size());
    return worker_->add(std::move(message), bytes);
}

bool Client::subscribe(std::vector<std::string> filters) {
    return worker_->add(Subscribe{std::move(filters), true}, 0);
}
bool Client::unsubscribe(std::vector<std::string> filters) {
    return worker_->add(Subscribe{std::move(filters), false}, 0);
}

void Client::retry_now() {
    worker_->retry_now();
}

void Client::renew() {
    worker_->renew();
}

void Client::set_keep_alive(std::chrono::seconds keep_alive) {
    worker_->set_keep_alive(keep_alive);
}

std::optional<Transport> Client::transport() const {
    return worker_->transport();
}

std::uint64_t Client::dropped() const {
    return worker_->dropped();
}

}  // namespace fieldpost::mqtt
