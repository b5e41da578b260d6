"""Pull the network, kill the programs: the hub has every acknowledged observation exactly once and in order."""

import base64
import http.client
import os
import sqlite3
import sys
import threading
import time
import unittest
import uuid
from contextlib import closing

sys.path.insert(0, os.path.dirname(__file__))
from stack import Client, Stack, wait_for  # noqa: E402

OBSERVATIONS = int(os.environ.get("FIELDPOST_OBSERVATIONS", "2000"))


def at_hub(stack, query):
    with closing(sqlite3.connect(f"file:{stack.store}/hub.db?mode=ro", uri=True)) as hub:
        return hub.execute(query).fetchall()


def kill_hub_at_work(stack, seconds=60):
    """Kills the hub at the first sight of an operation that it did not have before; how many it had then."""
    count = "SELECT count(*) FROM operation WHERE lane = 2"
    deadline = time.monotonic() + seconds
    with closing(sqlite3.connect(f"file:{stack.store}/hub.db?mode=ro", uri=True)) as hub:
        before = hub.execute(count).fetchone()
        stack.start_broker()
        while hub.execute(count).fetchone() == before:  # without rest: the whole of it takes the hub a moment
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: the hub has taken some")
        stack.hub.kill()
    stack.hub_api.close()
    return at_hub(stack, count)[0][0]


class NoLoss(unittest.TestCase):
    def test_two_thousand_observations_survive_kills_of_both_ends(self):
        stack = Stack("noloss")
        self.addCleanup(stack.close)
        stack.prepare(1000)
        stack.start()
        place = next(f for f in stack.api.get("/api/v1/map?bbox=-180,-90,180,90")["features"]
                     if f["properties"]["layer"] == "property")["properties"]["id"]
        stack.broker.kill()  # the network is gone

        acknowledged = []
        unsure = []

        # Long and of no pattern: they do not fit into one round of the hub.
        text = base64.b64encode(os.urandom(1000)).decode()

        def record(count, kill_after=None):
            client = Client(stack.device_port, timeout=10)
            self.addCleanup(client.close)
            killer = threading.Thread(target=stack.device.kill)
            for number in range(count):
                if number == kill_after:
                    killer.start()
                body = {"id": str(uuid.uuid4()), "property": place, "kind": "note",
                        "note": f"observation {len(acknowledged) + len(unsure)} " + text}
                try:
                    status, answer = client.post("/api/v1/observations", body)
                except (OSError, http.client.HTTPException):
                    unsure.append(body["id"])
                    killer.join()
                    return
                self.assertEqual(status, 201, answer)
                acknowledged.append((answer["operation"]["seq"], body["id"]))

        record(OBSERVATIONS, kill_after=OBSERVATIONS // 2)
        self.assertIsNone(stack.device.child, "the device was killed in the middle")
        stack.api.close()
        stack.start_device()
        record(OBSERVATIONS - len(acknowledged))
        self.assertEqual(len(acknowledged), OBSERVATIONS)

        # The link returns; the hub dies while it takes them.
        taken = kill_hub_at_work(stack)
        for _ in range(2):
            if taken < len(acknowledged):
                break
            # It had taken them all at once: again, with more to take.
            stack.start_hub()
            stack.broker.kill()
            record(OBSERVATIONS // 2)
            taken = kill_hub_at_work(stack)
        self.assertLess(taken, len(acknowledged), "the hub was killed in the middle")
        stack.start_hub()

        def all_accepted():
            listed = stack.api.get("/api/v1/observations?limit=5000")["observations"]
            return len(listed) >= len(acknowledged) and all(item["state"] == "accepted" for item in listed)

        wait_for("the device shows each as accepted", all_accepted, 120)
        applied = at_hub(stack, "SELECT seq, id FROM operation WHERE lane = 2 ORDER BY operation")
        self.assertEqual([seq for seq, _ in applied], sorted(seq for seq, _ in applied), "in order")
        ids = [identity for _, identity in applied]
        self.assertEqual(len(ids), len(set(ids)), "none twice")
        wanted = {identity for _, identity in acknowledged}
        self.assertEqual(wanted - set(ids), set(), "none lost")
        self.assertLessEqual(set(ids) - wanted, set(unsure), "nothing else but what may have been saved when killed")
        self.assertEqual(dict((i, s) for s, i in applied if i in wanted), dict((i, s) for s, i in acknowledged))

        # Each has become a record, once, and is on the device again by the feed.
        records = at_hub(stack, "SELECT count(*) FROM record WHERE kind = 16 AND deleted = 0")[0][0]
        self.assertEqual(records, len(ids))
        waiting = stack.status()["journal"]["lanes"]
        self.assertEqual([lane["waiting"] for lane in waiting], [0, 0, 0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
