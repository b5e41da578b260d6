"""tools/install as a user without root meets it, alone and as the first thing that tools/check does.

The scripts are the real ones, in a folder of their own; sudo and the package tools are stand-ins that note what they
are asked, so that nothing is installed.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from stack import ROOT  # noqa: E402

NOBODY = 65534
STAND_INS = {
    # Wants a password until -v; as a real one it gets that only from somebody at a terminal, in the foreground.
    "sudo": """
        echo "$*" >>"$FAKES/sudo.log"
        case $1 in
            -v) touch "$FAKES/password" ;;
            -n) [ -e "$FAKES/password" ] || exit 1 ;;
            *) exit 1 ;;
        esac
        case "$*" in
            *' install '*) touch "$FAKES/installed" ;;
            *' tee '*) cat >/dev/null ;; # else whoever writes into the pipe may be killed by it
        esac
        """,
    "dpkg-query": '[ ! -e "$FAKES/installed" ] || printf installed',
    "apt-get": "exit 100",
}


@unittest.skipUnless(shutil.which("script"), "there is no script(1) to make a terminal")
class Install(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fieldpost-install-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        fakes = self.folder / "fakes"
        tools = self.folder / "tools"
        fakes.mkdir()
        tools.mkdir()
        for name in ("check", "install", "lib.sh", "house"):
            shutil.copy(ROOT / "tools" / name, tools)
        for name, body in STAND_INS.items():
            (fakes / name).write_text("#!/bin/sh\n" + body)
            (fakes / name).chmod(0o755)
        # As a user's: without /usr/sbin.
        self.env = {"PATH": f"{fakes}:/usr/bin:/bin", "FAKES": str(fakes), "HOME": str(self.folder), "TERM": "dumb"}
        self.log = fakes / "sudo.log"
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, NOBODY, NOBODY)

    def run_as_user(self, *command):
        if os.geteuid() == 0:
            command = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command)
        return subprocess.run(command, env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=120, start_new_session=True)

    def test_check_asks_for_the_password_at_a_terminal_and_then_installs(self):
        done = self.run_as_user("script", "-qec", str(self.folder / "tools" / "check"), "/dev/null")
        asked = self.log.read_text().splitlines()
        self.assertIn("-v", asked, done.stdout)
        installed = next((line for line in asked if " install " in line), "")
        self.assertIn(" catch2", installed, done.stdout)
        self.assertLess(asked.index("-v"), asked.index(installed))
        self.assertIn("packages", done.stdout[done.stdout.rindex("step "):], "the summary names it")

    def test_mosquitto_is_not_left_to_start_with_the_machine(self):
        if not os.path.exists("/usr/sbin/update-rc.d"):
            self.skipTest("this machine has no update-rc.d")
        self.run_as_user("script", "-qec", f"{self.folder}/tools/install run", "/dev/null")
        self.assertIn("-n /usr/sbin/update-rc.d mosquitto disable", self.log.read_text().splitlines())

    def test_without_a_terminal_it_says_that_a_password_is_wanted_and_changes_nothing(self):
        done = self.run_as_user(str(self.folder / "tools" / "install"), "run")
        self.assertEqual(done.returncode, 1)
        self.assertIn("run this at a terminal or as root", done.stderr)
        self.assertEqual(self.log.read_text().splitlines(), ["-n true"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
