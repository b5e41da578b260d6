// Keys for measurements, the same in every run: of every compartment that the record kinds name.
#pragma once

#include "sync/seal/keyring.hpp"

namespace fieldpost::bench {

seal::Keyring bench_keys();

}  // namespace fieldpost::bench
