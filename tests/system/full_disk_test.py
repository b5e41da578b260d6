"""A vehicle that starts on a full or read-only disk: it looks up, says NOT SAVED, and saves again when it can."""

import os
import subprocess
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "faults"))
from fault_stack import SmallDisk, Stack, wait_for  # noqa: E402

MENDS_WITHIN = 60  # seconds; the device tries every 15


@unittest.skipIf(SmallDisk.why_not(), SmallDisk.why_not())
class FullDisk(unittest.TestCase):
    def setUp(self):
        self.stack = Stack("full")
        self.addCleanup(self.stack.close)
        self.disk = SmallDisk(self.stack.state)
        self.addCleanup(self.disk.close)
        self.stack.prepare(1000)

    def configure(self, reserve):
        self.stack.write_device_config()
        with open(self.stack.device_config, "a") as config:
            config.write(f'[storage]\nreserve = "{reserve}"\n')

    def record_and_stop(self):
        """The city is on board, one observation is at the hub, and the device is switched off."""
        self.stack.start()
        self.assertEqual(self.observe("before")[0], 201)
        wait_for("it is accepted", lambda: self.notes("accepted") == ["before"])
        self.stop()

    def stop(self):
        self.assertEqual(self.stack.device.stop(), 0)
        self.stack.api.close()

    def observe(self, note):
        return self.stack.api.post("/api/v1/observations", {"kind": "note", "note": note})

    def notes(self, state):
        return [item["note"] for item in self.stack.api.get(f"/api/v1/observations?state={state}")["observations"]]

    def parts(self):
        return {part["name"]: part["state"] for part in self.stack.status()["parts"]}

    def check_look_up(self):
        wait_for("the city is counted", lambda: self.stack.status()["data"]["properties"] > 0)
        places = [feature["properties"] for feature in
                  self.stack.api.get("/api/v1/map?bbox=-180,-90,180,90")["features"]
                  if feature["properties"]["layer"] == "property"]
        self.assertTrue(self.stack.api.get("/api/v1/properties/" + places[0]["id"])["sections"])
        found = self.stack.api.get("/api/v1/search?q=" + urllib.parse.quote(places[0]["title"]))["results"]
        self.assertIn(places[0]["id"], [hit["property"] for hit in found])

    def check_not_saved(self):
        told = self.stack.status()
        self.assertFalse(told["journal"]["saved"])
        self.assertFalse(told["safe_to_switch_off"])
        self.assertTrue(told["messages"][0].startswith("NOT SAVED"), told["messages"])
        self.assertIn("free some space", told["messages"][0].lower())
        self.assertEqual(self.parts()["journal"], "broken")
        status, answer = self.observe("lost")
        self.assertEqual(status, 507, answer)
        self.assertTrue(answer["detail"].startswith("NOT SAVED"), answer)
        status, answer = self.stack.api.request("GET", "/api/v1/observations")
        self.assertEqual(status, 503, answer)

    def check_mended(self):
        wait_for("records are saved again", lambda: self.stack.status()["journal"]["saved"], MENDS_WITHIN)
        self.assertEqual(self.observe("after")[0], 201)
        wait_for("it is at the hub", lambda: self.notes("accepted") == ["after", "before"], MENDS_WITHIN)
        wait_for("nothing is broken any more",
                 lambda: all(self.parts()[part] == "ok" for part in ("journal", "city", "attachments")), MENDS_WITHIN)
        self.assertFalse([m for m in self.stack.status()["messages"] if m.startswith("NOT SAVED")])
        self.assertTrue(self.stack.socket.exists())
        self.stop()

    def test_a_start_on_a_full_disk_takes_the_reserve_and_saves(self):
        self.configure("16MiB")
        self.record_and_stop()
        self.assertTrue((self.stack.state / "journal.db.reserve").exists())
        self.disk.fill()
        self.stack.start_device()
        self.assertFalse((self.stack.state / "journal.db.reserve").exists())
        self.check_look_up()
        self.assertEqual(self.observe("in the reserve")[0], 201)
        wait_for("the status says that the reserve is used",
                 lambda: any("last reserve" in m for m in self.stack.status()["messages"]), 30)
        self.stack.device.kill()
        self.stack.api.close()
        self.stack.start_device()
        listed = self.stack.api.get("/api/v1/observations")["observations"]
        self.assertEqual([item["note"] for item in listed], ["in the reserve", "before"])
        self.disk.free()
        wait_for("the reserve is taken again",
                 lambda: self.stack.status()["storage"]["reserve_held"], MENDS_WITHIN)
        self.stop()

    def test_a_start_without_any_room_looks_up_and_says_not_saved_until_there_is_some(self):
        self.configure("0B")
        self.record_and_stop()
        self.disk.fill()
        self.stack.start_device()
        self.check_look_up()
        self.check_not_saved()
        self.disk.free()
        self.check_mended()

    def test_a_start_on_a_read_only_disk_looks_up_and_saves_once_it_can_be_written(self):
        self.configure("16MiB")
        self.record_and_stop()
        self.remount("ro")
        self.stack.start_device()
        self.check_look_up()
        self.check_not_saved()
        self.assertEqual(self.parts()["city"], "broken")
        self.remount("rw")
        self.check_mended()

    def test_a_first_start_without_any_room_waits_for_some(self):
        self.configure("0B")
        self.stack.start_broker()
        self.stack.start_hub()
        self.disk.fill()
        self.stack.start_device()
        self.check_not_saved()
        self.disk.free()
        wait_for("records are saved", lambda: self.stack.status()["journal"]["saved"], MENDS_WITHIN)
        self.stack.wait_ready()
        self.assertEqual(self.observe("first")[0], 201)
        self.stop()

    def remount(self, mode):
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.stack.state)], check=True, capture_output=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
