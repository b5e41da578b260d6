// A Debian package as an update, for boxes without A/B slots. There is no falling back: a package whose power
// is cut while it is unpacked is finished by hand (`dpkg --configure -a`).
//
// Beside NAME.deb lies NAME.deb.sig, the Ed25519 signature of its bytes, raw (64 bytes) or in hexadecimal, as
// `openssl pkeyutl -sign -rawin -inkey key.pem -in NAME.deb -out NAME.deb.sig` writes it. What was checked is
// copied to `spool` before it is installed, so nobody can exchange it between.
//
// Settings:
//   public_key  file with the key that signs packages, 64 hexadecimal digits; must be given
//   spool       a folder that only this program may write; must be given
//   command     what installs, with blanks between its words; the package's path is put behind it. Default
//               "/usr/bin/apt-get -q -y --no-download -o Dpkg::Options::=--force-confold install". It must be
//               allowed to: most often a word of sudo or a unit's
#pragma once

#include "hal/installer/installer.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Installer>> make_deb_installer(const SettingMap& settings);

}  // namespace fieldpost::hal
