// A Debian package as an update, for boxes without A/B slots. There is no falling back: an installation that
// a power cut breaks off is taken up again at the next boot.
//
// This program is not root, and the package may restart it: so it checks, and root installs. Beside NAME.deb
// lies NAME.deb.sig, the Ed25519 signature of its bytes, raw (64 bytes) or in hexadecimal, as
// `openssl pkeyutl -sign -rawin -inkey key.pem -in NAME.deb -out NAME.deb.sig` writes it. What was checked is
// put into `spool` as update.deb and update.deb.sig, and last a file "request" with a word of its own. The
// package's fieldpost-install.path sees that and starts fieldpost-install.service, which takes a copy that
// nobody else can write, checks the signature again, by the key in /etc/fieldpost/packages.pub, installs it
// with apt-get, and says how it goes in `result`, one line: the request's word, "running", "installed" or
// "failed", and for the last a sentence.
//
// Settings:
//   public_key  file with the key that signs packages, 64 hexadecimal digits; must be given
//   spool       made when missing; default /var/lib/fieldpost/spool, where the package's unit looks
//   result      default /run/fieldpost-install/result
//   answer_ms   nobody takes the request up for so long: it has failed; 10 to 600000, default 60000
#pragma once

#include "hal/installer/installer.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Installer>> make_deb_installer(const SettingMap& settings);

}  // namespace fieldpost::hal
