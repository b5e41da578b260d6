#include "tools/bench/bench_keys.hpp"

namespace fieldpost::bench {

seal::Keyring bench_keys() {
    seal::Keyring out;
    for (const auto classification : {records::CONFIDENTIAL, records::RESTRICTED}) {
        for (const char* compartment : {"general", "fire", "health", "revenue", "justice"}) {
            // Every layer's own; it cannot fail, as the size is right.
            Bytes secret(compartment);
            secret.resize(seal::secret_bytes, static_cast<char>(classification));
            if (auto added = out.add({classification, compartment}, 1, secret); !added) return {};
        }
    }
    return out;
}

}  // namespace fieldpost::bench
