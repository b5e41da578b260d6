// Snapshots as a hub offers them: real manifests, blocks and signatures around a file that holds a feed's
// rows in few bytes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/simulation/stores.hpp"

namespace fieldpost::simulation {

// One file of these feeds, and back.
Bytes encode_city(const std::vector<records::FeedId>& feeds,
                  const std::map<records::FeedId, FeedContent>& content, const engine::Deliveries& delivered);
// Feeds and deliveries of it.
HeldCity decode_city(BytesView file);

class Snapshots {
  public:
    static constexpr std::uint32_t block_bytes = 1000;

    explicit Snapshots(protocol::Signer& signer) : signer_(signer) {}

    // Offers a new one for the profile; the two newest are kept.
    void build(const std::string& profile, std::uint64_t hub_generation,
               const std::vector<records::FeedId>& feeds,
               const std::map<records::FeedId, FeedContent>& content, const engine::Deliveries& delivered);
    // Newest of this hub generation; 0: none.
    std::uint64_t newest(std::string_view profile, std::uint64_t hub_generation) const;
    Result<Bytes> manifest(std::string_view profile, std::uint64_t hub_generation) const;
    Result<Bytes> block(std::string_view profile, std::uint64_t generation, std::uint32_t block) const;

  private:
    struct Snapshot {
        std::uint64_t hub_generation = 0;
        Bytes manifest;
        std::vector<Bytes> blocks;
    };
    using Offered = std::map<std::uint64_t, Snapshot>;  // by generation

    protocol::Signer& signer_;
    std::uint64_t generation_ = 0;
    std::map<std::string, Offered, std::less<>> offered_;  // by profile
};

}  // namespace fieldpost::simulation
