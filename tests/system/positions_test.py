"""Where vehicles are: from the receiver to the hub's list of devices, with the real programs."""

import os
import sqlite3
import sys
import unittest
from contextlib import closing

sys.path.insert(0, os.path.dirname(__file__))
from stack import Stack, wait_for  # noqa: E402

POSITION = 16  # Operation.position_reported
HERE = {"lat": 40.4321, "lon": -89.1234}
THERE = {"lat": 40.4391, "lon": -89.1234}  # some 780 m north
DRIVE = 'driver = "sim"\nscript = "{} {}"'.format(*(f"{at['lat']},{at['lon']}" for at in (HERE, THERE)))


def lanes_of_positions(path):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return [lane for lane, in database.execute("SELECT lane FROM operation WHERE effect = ? ORDER BY seq", (POSITION,))]


class Positions(unittest.TestCase):
    def setUp(self):
        self.stack = Stack("positions")
        self.addCleanup(self.stack.close)
        self.stack.prepare(1000, gnss=DRIVE)

    def device(self):
        return self.stack.hub_api.get("/api/v1/devices")["devices"][0]

    def operations(self, lane):
        return [one for one in self.stack.hub_api.get("/api/v1/operations?limit=1000")["operations"] if one["lane"] == lane]

    def report(self, status):
        code, said = self.stack.api.post("/api/v1/statuses", {"status": status})
        self.assertEqual(code, 201, said)
        return said["id"]

    def test_the_hub_knows_where_a_vehicle_is_and_sooner_while_its_crew_responds(self):
        self.stack.start()
        first = wait_for("the hub knows where it is", lambda: self.device()["position"])
        self.assertEqual(first["fix"], "3d")
        self.assertIn(first["point"], (HERE, THERE))
        self.assertEqual([one["lane"] for one in self.operations("urgent")], [])
        self.assertTrue(self.operations("telemetry"))
        # Both programs read one clock: what a batch says is the time is the hub's, but for the way.
        self.assertLess(abs(self.device()["clock"]["ahead_s"]), 60)

        said = self.report("responding")
        wait_for("its position comes as urgent", lambda: [one for one in self.operations("urgent") if one["id"] != said])
        self.assertEqual(self.device()["status"]["status"], "responding")
        self.report("available")
        wait_for("the hub has the status", lambda: self.device()["status"]["status"] == "available")

        # It is no work of the crew, which sees nothing of it.
        self.assertEqual(self.stack.api.get("/api/v1/observations")["observations"], [])
        self.assertEqual(self.stack.api.get("/api/v1/visits")["visits"], [])
        self.stack.hub.kill()
        waits = wait_for("a position waits", lambda: (lambda s: s if any(
            lane["lane"] == "telemetry" and lane["waiting"] for lane in s["journal"]["lanes"]) else None)(self.stack.status()))
        wait_for("the device knows that the hub is gone", lambda: self.stack.status()["link"]["hub"] != "present", 90)
        self.assertEqual({lane["lane"]: lane["waiting"] - lane["positions"] for lane in waits["journal"]["lanes"]},
                         {"urgent": 0, "work": 0, "telemetry": 0})
        self.assertFalse([text for text in self.stack.status()["messages"] if "for the hub" in text])

    def test_a_vehicle_that_is_not_to_report_its_positions_does_not(self):
        config = self.stack.device_config
        config.write_text(config.read_text() + "[record]\npositions = false\n")
        self.stack.start()
        wait_for("the device knows its place", lambda: self.stack.status()["position"]["fix"] == "3d")
        self.report("responding")
        status = wait_for("the hub has the status", lambda: self.device()["status"])
        self.assertIn(status["point"], (HERE, THERE))  # what a crew says carries its place
        self.assertIsNone(self.device()["position"])
        self.stack.device.stop()
        self.assertEqual(lanes_of_positions(self.stack.state / "journal.db"), [])


if __name__ == "__main__":
    unittest.main()
