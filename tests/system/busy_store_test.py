"""Another program writes to the hub's store: the hub goes on answering, and takes what devices send in between."""

import os
import sqlite3
import sys
import threading
import time
import unittest
import uuid
from contextlib import closing

sys.path.insert(0, os.path.dirname(__file__))
from stack import Stack, wait_for  # noqa: E402

LOCKED_SECONDS = 6  # longer than SQLite's usual patience of five
ANSWER_SECONDS = 1.5
ACCEPT_SECONDS = 15  # a sanitized build on a busy computer; without waiting for anyone it takes one or two


class BusyStore(unittest.TestCase):
    def setUp(self):
        self.stack = Stack("busy")
        self.addCleanup(self.stack.close)
        report, _ = self.stack.import_city(self.stack.make_city())
        self.datasets = [f"{one['source']}/{one['dataset']}" for one in report["datasets"]]
        self.stack.register()
        self.stack.snapshot()
        self.stack.write_device_config()
        self.stack.start()
        self.place = next(f for f in self.stack.api.get("/api/v1/map?bbox=-180,-90,180,90")["features"]
                          if f["properties"]["layer"] == "property")["properties"]["id"]

    def observe(self, note):
        status, answer = self.stack.api.post("/api/v1/observations", {
            "id": str(uuid.uuid4()), "property": self.place, "kind": "note", "note": note})
        self.assertEqual(status, 201, answer)

    def all_accepted(self, count):
        listed = self.stack.api.get("/api/v1/observations?limit=1000")["observations"]
        return len(listed) == count and all(item["state"] == "accepted" for item in listed)

    def failed_rounds(self):
        text = self.stack.hub_api.get("/metrics")
        return next(float(line.split()[-1]) for line in text.splitlines()
                    if line.startswith("fieldpost_hub_failed_rounds_total"))

    def test_a_hub_whose_store_is_locked_answers_and_catches_up_at_once(self):
        with closing(sqlite3.connect(self.stack.store / "hub.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            before = self.stack.hub_api.get("/api/v1/status")["operations"]  # what the box said of itself, if anything
            until = time.monotonic() + LOCKED_SECONDS
            count = 0
            while time.monotonic() < until:
                if count < 100:
                    self.observe(f"while the store is locked, {count}")
                    count += 1
                asked = time.monotonic()
                self.assertEqual(self.stack.hub_api.get("/api/v1/status")["operations"], before)
                self.assertLess(time.monotonic() - asked, ANSWER_SECONDS)
            other.execute("ROLLBACK")
        wait_for("everything is accepted", lambda: self.all_accepted(count), ACCEPT_SECONDS)
        self.assertEqual(self.failed_rounds(), 0)

    def test_what_is_observed_during_an_import_is_accepted_during_the_import(self):
        data = self.stack.make_city(properties=10000, seed=8, name="larger")
        extra = ["--allow-deletes", *self.datasets]
        done = []
        importing = threading.Thread(target=lambda: done.append(self.stack.import_city(data, extra=extra)))
        importing.start()
        self.addCleanup(importing.join)
        count = 0
        while importing.is_alive():
            self.observe(f"during the import, {count}")
            count += 1
            wait_for("it is accepted", lambda: self.all_accepted(count), ACCEPT_SECONDS)
        importing.join()
        self.assertEqual(len(done), 1, "the import came to its end")
        self.assertGreater(count, 1)
        self.assertEqual(self.failed_rounds(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
