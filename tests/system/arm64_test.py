"""The device as it is built for 64-bit ARM, emulated, with a hub of this machine: what is true of one is true of the other."""

import os
import pathlib
import shutil
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(__file__))
from stack import ROOT, Stack, wait_for  # noqa: E402

ARM = pathlib.Path(os.environ.get("FIELDPOST_ARM64_BUILD", ROOT / "build" / "arm64-dev"))
SYSROOT = ROOT / "build" / "sysroot" / "arm64"
EMULATOR = shutil.which("qemu-aarch64-static")


def emulated(name):
    return [EMULATOR, "-L", str(SYSROOT), str(ARM / "bin" / name)]


@unittest.skipUnless(EMULATOR and (ARM / "bin" / "fieldpostd").exists(),
                     "no arm64 build or no emulator: tools/install arm64 && cmake --preset arm64-dev && cmake --build --preset arm64-dev")
class Arm64Device(unittest.TestCase):
    def setUp(self):
        self.stack = Stack("arm64")
        self.addCleanup(self.stack.close)
        self.stack.device.command = emulated("fieldpostd") + ["--config", str(self.stack.device_config)]

    def observe(self, note):
        return self.stack.run(*emulated("fieldpost"), "--socket", self.stack.socket, "observe", "--note", note).stdout

    def at_hub(self, note):
        operations = self.stack.hub_api.get("/api/v1/operations?limit=100")["operations"]
        return [o for o in operations if note in str(o)]

    def test_it_mounts_a_city_finds_a_place_and_hands_over_what_was_recorded_through_a_kill(self):
        stack = self.stack
        stack.prepare(1000)
        stack.start()
        feature = next(f for f in stack.api.get("/api/v1/map?bbox=-180,-90,180,90")["features"]
                       if f["properties"]["layer"] == "property")["properties"]
        found = stack.api.get("/api/v1/search?q=" + urllib.parse.quote(feature["title"].lower()))["results"]
        self.assertEqual(found[0]["property"], feature["id"])
        self.assertTrue(stack.api.get("/api/v1/properties/" + feature["id"])["sections"])

        stack.hub.kill()
        self.assertTrue(self.observe("smoke from the roof").startswith("saved "))
        stack.device.kill()
        stack.api.close()
        stack.start_device()
        stack.start_hub()
        wait_for("the hub has what was recorded", lambda: self.at_hub("smoke from the roof"), 120)
        self.assertEqual(len(self.at_hub("smoke from the roof")), 1)
        wait_for("the vehicle knows it", lambda: not any(
            lane["waiting"] for lane in stack.status()["journal"]["lanes"]), 120)
        self.assertEqual(stack.device.stop(60), 0)


if __name__ == "__main__":
    unittest.main()
