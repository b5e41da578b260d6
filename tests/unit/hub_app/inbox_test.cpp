#include "daemon/hub/app/inbox.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost;
using hub::Inbox;

namespace {

mqtt::Message message(const std::string& topic, std::size_t bytes = 0) {
    return {topic, Bytes(bytes, 'x'), false};
}

std::string topics(const std::vector<mqtt::Message>& messages) {
    std::string out;
    for (const auto& one : messages) out += one.topic;
    return out;
}

}  // namespace

TEST_CASE("Messages are taken oldest first, and those that are put back come before the others") {
    Inbox inbox;
    for (const char* topic : {"a", "b", "c", "d"}) REQUIRE(inbox.add(message(topic)));
    auto taken = inbox.take(2);
    CHECK(topics(taken) == "ab");
    REQUIRE(inbox.add(message("e")));
    inbox.put_back(std::move(taken));
    CHECK(topics(inbox.take(10)) == "abcde");
    CHECK(inbox.empty());
}

TEST_CASE("A round of large messages has fewer of them, and one at least") {
    Inbox inbox;
    for (int i = 0; i < 5; ++i) REQUIRE(inbox.add(message("up", 1000)));
    CHECK(inbox.take(10, 1500).size() == 2);
    CHECK(inbox.take(10, 1).size() == 1);
    CHECK(inbox.take(10, 1U << 20U).size() == 2);
}

TEST_CASE("Many large messages are refused before they fill the memory, and taken again when there is room") {
    Inbox inbox;
    std::size_t accepted = 0;
    while (inbox.add(message("up", 1U << 20U))) ++accepted;
    CHECK(accepted < 64);
    CHECK(accepted > 60);
    auto taken = inbox.take(3);
    CHECK(inbox.add(message("up", 1U << 20U)));
    // What is put back is not lost for what came meanwhile.
    inbox.put_back(std::move(taken));
    CHECK_FALSE(inbox.add(message("up", 1U << 20U)));
    CHECK(inbox.take(1000).size() == accepted + 1);
    CHECK(inbox.add(message("up", 1U << 20U)));
}

TEST_CASE("Many small messages are bounded in number") {
    Inbox inbox;
    std::size_t accepted = 0;
    while (inbox.add(message("up"))) ++accepted;
    CHECK(accepted == Inbox::max_messages);
}
