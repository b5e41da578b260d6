// A signing key in a file: PKCS#8 PEM without passphrase, as `openssl genpkey -algorithm ed25519` writes it.
//
// For development and for boards without secure hardware. Anyone who can read the file can sign as this
// machine, so the file must belong to the user who runs the program (or root) and be closed to everyone else
// (mode 0600 or 0400).
#pragma once

#include "hal/keystore/keystore.hpp"

namespace fieldpost::hal {

enum class IfMissing { refuse, create };

// Opens the key at `path`; its folder must exist. With IfMissing::create a missing key is made, mode 0600,
// and is on disk when the call returns: a crash leaves a whole key or none, and of two programs that create
// at once both get the same key. An existing file is never replaced, whatever is wrong with it.
//
// not_found (and how to make one), refused (permissions, owner, no plain file), corrupt (no Ed25519 key), io,
// full.
Result<std::unique_ptr<Keystore>> open_file_keystore(const std::filesystem::path& path, IfMissing if_missing);

// Settings:
//   path    the file; must be given
//   create  true: a key that is missing is made; default false
Result<std::unique_ptr<Keystore>> make_file_keystore(const SettingMap& settings);

}  // namespace fieldpost::hal
