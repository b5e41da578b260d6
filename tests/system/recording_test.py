"""Whatever else is broken, what a crew records is saved: the real device, with nothing around it that works."""

import os
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from stack import Client, Stack, program, wait_for  # noqa: E402


class Alone(unittest.TestCase):
    def setUp(self):
        self.stack = Stack("alone")
        self.addCleanup(self.stack.close)
        self.local = Client(self.stack.socket)
        self.addCleanup(self.local.close)

    def take_port(self):
        other = socket.socket()
        self.addCleanup(other.close)
        other.bind(("127.0.0.1", self.stack.device_port))
        other.listen()
        return other

    def start(self):
        self.stack.device.start()
        wait_for("the device answers on its socket", lambda: self.stack.answers(self.local), 30)

    def refused(self, name, old, new):
        """What fieldpostd says that is expected to end, with the stack's configuration but for this."""
        config = self.stack.folder / name
        text = self.stack.device_config.read_text()
        self.assertIn(old, text)
        config.write_text(text.replace(old, new))
        done = self.stack.run(program("fieldpostd"), "--config", config, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stderr

    def test_recording_works_without_keys_receiver_page_port_and_city(self):
        stack = self.stack
        stack.state.mkdir()
        (stack.state / "city").write_text("a file where a folder should be")
        stack.write_device_config(gnss='driver = "sundial"', web=stack.folder / "no-such-page")
        other = self.take_port()
        self.start()

        def observe(note):
            return stack.run(program("fieldpost"), "--socket", stack.socket, "observe", "--note", note).stdout

        self.assertTrue(observe("smoke").startswith("saved "))
        stack.device.kill()
        self.local.close()
        self.start()
        self.assertTrue(observe("fire").startswith("saved "))
        recorded = self.local.get("/api/v1/observations")["observations"]
        self.assertEqual([observation["note"] for observation in recorded], ["fire", "smoke"])

        told = self.local.get("/api/v1/status")
        for part in ("GPS: ", "City data: ", "No link to the hub: ", "No page: ", "No page and API: "):
            self.assertEqual(len([m for m in told["messages"] if m.startswith(part)]), 1, f"{part}{told['messages']}")
        self.assertEqual({part["name"]: part["state"] for part in told["parts"]}, {
            "gnss": "broken", "link": "ok", "supervisor": "not_fitted", "storage": "ok", "keystore": "broken",
            "indicator": "not_fitted", "installer": "not_fitted",
            "journal": "ok", "city": "broken", "attachments": "ok"})
        self.assertEqual(told["link"]["state"], "offline")
        log = (stack.folder / "device.log").read_text()
        for word in ("sundial", "no-such-page", "device.key", str(stack.device_port)):
            self.assertIn(word, log)

        other.close()
        wait_for("the device listens once the port is free", lambda: stack.answers(stack.api), 40)
        self.assertFalse([m for m in stack.status()["messages"] if m.startswith("No page and API")])
        self.assertEqual(stack.device.stop(), 0)

    def test_a_device_that_nobody_could_reach_ends_and_says_why(self):
        self.stack.write_device_config()
        self.take_port()
        said = self.refused("unreachable.toml", "[gnss]", 'socket = ""\n[gnss]')
        self.assertIn(f"port {self.stack.device_port}", said)

    def test_two_never_write_one_journal(self):
        self.stack.write_device_config()
        self.start()
        said = self.refused("second.toml", f"port = {self.stack.device_port}\n", 'port = 0\nsocket = "second.sock"\n')
        self.assertIn(str(self.stack.state), said)


if __name__ == "__main__":
    unittest.main()
