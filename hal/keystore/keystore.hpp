// The signing key of this machine: a device signs its batches with it, a hub its manifests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "hal/part.hpp"
#include "hal/settings.hpp"
#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

// Ed25519 (RFC 8032). The private key never leaves the store: hardware stores could not give it away if they
// would. Every method may be called from any thread.
class Keystore : public Part {
  public:
    // 32 bytes; the same for the life of the object. Empty where none is fitted.
    virtual const Bytes& public_key() const = 0;

    // 64 bytes. May take milliseconds, in hardware more. unavailable when the hardware does not answer.
    virtual Result<Bytes> sign(BytesView message) const = 0;
};

struct KeystoreConfig {
    std::string driver = "empty";  // one of keystore_driver_names()
    SettingMap settings;           // the driver's own; its header lists them
};

// The keystore that the configuration names. invalid_argument for an unknown driver or a wrong setting, and
// what the driver's header says of keys that are missing or cannot be used; the sentence says how to mend it.
Result<std::unique_ptr<Keystore>> make_keystore(const KeystoreConfig& config);

std::vector<std::string> keystore_driver_names();

}  // namespace fieldpost::hal
