// Messages that came in and are not applied yet, oldest first, bounded in number and bytes.
#pragma once

#include <deque>
#include <iterator>
#include <vector>

#include "sync/mqtt/client.hpp"

namespace fieldpost::hub {

class Inbox {
  public:
    static constexpr std::size_t max_messages = 10'000;
    static constexpr std::size_t max_bytes = 64U << 20U;

    // False when it is full: the message is dropped, and its device sends it again.
    bool add(mqtt::Message message) {
        if (messages_.size() >= max_messages || bytes_ + size(message) > max_bytes) return false;
        bytes_ += size(message);
        messages_.push_back(std::move(message));
        return true;
    }

    // Takes out the oldest: at most so many, and none more once they have so many bytes.
    std::vector<mqtt::Message> take(std::size_t count, std::size_t bytes = max_bytes) {
        std::vector<mqtt::Message> taken;
        std::size_t taken_bytes = 0;
        while (!messages_.empty() && taken.size() < count && taken_bytes < bytes) {
            taken_bytes += size(messages_.front());
            bytes_ -= size(messages_.front());
            taken.push_back(std::move(messages_.front()));
            messages_.pop_front();
        }
        return taken;
    }

    // Back in front of the others, in their order; never refused.
    void put_back(std::vector<mqtt::Message> taken) {
        for (const auto& message : taken) bytes_ += size(message);
        messages_.insert(messages_.begin(), std::move_iterator(taken.begin()),
                         std::move_iterator(taken.end()));
    }

    bool empty() const { return messages_.empty(); }

  private:
    static std::size_t size(const mqtt::Message& message) {
        return message.topic.size() + message.payload.size();
    }

    std::deque<mqtt::Message> messages_;
    std::size_t bytes_ = 0;
};

}  // namespace fieldpost::hub
