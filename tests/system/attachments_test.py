"""A large attachment on its way to the hub while every program on that way is killed: it arrives whole, and once."""

import hashlib
import http.client
import json
import os
import socket
import sqlite3
import sys
import threading
import time
import unittest
import uuid
from contextlib import closing, suppress

sys.path.insert(0, os.path.dirname(__file__))
from stack import Stack, wait_for  # noqa: E402

SIZE = 200_000_000  # the largest that is allowed
THUMBNAIL = 200_000
MEGABYTE = 1 << 20
# A kill may cost what is on its way (at most 1 MiB, sync/engine/blobs.hpp), and at the hub's next start what it had not
# synced and one chunk (2 x 256 KiB, daemon/hub/blobs/blob_store.hpp); the rest is for offers and greetings.
COST_OF_A_KILL = 2 * MEGABYTE


class Counted:
    """A TCP proxy before the broker, which counts what the device sends."""

    def __init__(self, broker_port):
        self.broker_port = broker_port
        self.sent = 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()

    def accept(self):
        while True:
            try:
                device = self.server.accept()[0]
            except OSError:
                return
            try:
                broker = socket.create_connection(("127.0.0.1", self.broker_port))
            except OSError:  # it is dead just now
                device.close()
                continue
            for source, target in ((device, broker), (broker, device)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.carry, args=(source, target, source is device), daemon=True).start()

    def carry(self, source, target, counts):
        with suppress(OSError):
            while data := source.recv(256 << 10):
                if counts:  # one connection of the device at a time
                    self.sent += len(data)
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()


class LargeAttachment(unittest.TestCase):
    def setUp(self):
        self.stack = Stack("attachments")
        self.addCleanup(self.stack.close)

    def attach(self, path, query=""):
        """Sends a file to the device piece by piece; its SHA-256."""
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.device_port, timeout=60)
        self.addCleanup(connection.close)
        with open(path, "rb") as content:
            connection.request("POST", "/api/v1/attachments" + query, content,
                               {"Content-Length": str(path.stat().st_size), "Content-Type": "application/octet-stream"})
            answer = connection.getresponse()
            said = json.loads(answer.read())
        self.assertEqual(answer.status, 201, said)
        with open(path, "rb") as content:
            self.assertEqual(said["sha256"], hashlib.file_digest(content, "sha256").hexdigest())
        return said["sha256"]

    def random_file(self, name, size):
        path = self.stack.folder / name
        with open(path, "wb") as file:
            for begin in range(0, size, MEGABYTE):
                file.write(os.urandom(min(MEGABYTE, size - begin)))
        return path

    def visit(self, place, *attachments):
        api = self.stack.api
        status, visit = api.post("/api/v1/visits", {"property": place, "purpose": "fire damage"})
        self.assertEqual(status, 201, visit)
        status, seen = api.post(f"/api/v1/visits/{visit['id']}/observations",
                                {"kind": "condition", "note": "filmed", "attachments": list(attachments)})
        self.assertEqual(status, 201, seen)
        status, end = api.post(f"/api/v1/visits/{visit['id']}/finish", {"result": "failed"})
        self.assertEqual(status, 201, end)
        return visit["id"]

    def at_hub(self, sha256):
        """Bytes and SHA-256 of what the hub gives out under the name; None while it has none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.hub_port, timeout=60)
        with closing(connection):
            connection.request("GET", "/api/v1/blobs/" + sha256)
            answer = connection.getresponse()
            if answer.status == 404:
                return None
            self.assertEqual(answer.status, 200)
            digest, size = hashlib.sha256(), 0
            while piece := answer.read(MEGABYTE):
                digest.update(piece)
                size += len(piece)
        return size, digest.hexdigest()

    def arrived(self, sha256):
        """Bytes that the hub has written of what is not whole there yet; None: it has no part of it, or all."""
        with suppress(FileNotFoundError):
            return (self.stack.store / "blobs" / "partial" / self.stack.device_id / sha256).stat().st_size
        return None

    def kill_at(self, sha256, share, process, start):
        """Kills it as soon as the hub has this share of the attachment, and starts it again."""
        wait_for(f"{share:.0%} of the attachment is at the hub", lambda: (self.arrived(sha256) or 0) >= share * SIZE, 60)
        process.kill()
        self.assertIsNotNone(self.arrived(sha256), f"{process.name} was not killed in the middle of the upload")
        for client in (self.stack.api, self.stack.hub_api):
            client.close()
        start()

    def test_what_two_visits_share_arrives_whole_and_is_sent_once_whatever_is_killed(self):
        stack = self.stack
        stack.prepare(1000)
        with Counted(stack.broker_port) as line:
            config = stack.device_config.read_text()
            stack.device_config.write_text(config.replace(f"port = {stack.broker_port}\n", f"port = {line.port}\n"))
            stack.start()
            places = [feature["properties"]["id"] for feature in
                      stack.api.get("/api/v1/map?bbox=-180,-90,180,90")["features"]
                      if feature["properties"]["layer"] == "property"]
            stack.broker.kill()  # no network: what follows waits for it
            recorded = self.random_file("film", SIZE)
            film = self.attach(recorded)
            recorded.unlink()
            pictures = [self.attach(self.random_file(name, THUMBNAIL), "?thumbnail=true") for name in ("one", "two")]
            shared = {"sha256": film, "media_type": "video/mp4", "name": "roof.mp4"}
            visits = [self.visit(place, {**shared, "thumbnail": picture})
                      for place, picture in zip(places, pictures)]
            late = self.random_file("late", THUMBNAIL)
            self.assertEqual(stack.status()["attachments"]["waiting"], 3, "what two visits share is kept once")

            sent_before, begun = line.sent, time.monotonic()
            stack.start_broker()
            wait_for("the film begins to arrive", lambda: self.arrived(film), 60)
            for picture in pictures:
                self.assertEqual(self.at_hub(picture), (THUMBNAIL, picture), "thumbnails go before what they show")
            pictures.append(self.attach(late, "?thumbnail=true"))
            wait_for("a picture that was taken meanwhile is at the hub", lambda: self.at_hub(pictures[-1]), 20)
            self.assertIsNone(self.at_hub(film), "it did not wait for the film")

            self.kill_at(film, 0.4, stack.device, stack.start_device)
            self.kill_at(film, 0.6, stack.hub, stack.start_hub)
            self.kill_at(film, 0.8, stack.broker, stack.start_broker)
            wait_for("the device knows that the hub has all",
                     lambda: stack.status()["attachments"]["waiting"] == 0, 120)
            sent, seconds = line.sent - sent_before, time.monotonic() - begun

        self.assertEqual(self.at_hub(film), (SIZE, film))
        for picture in pictures:
            self.assertEqual(self.at_hub(picture), (THUMBNAIL, picture))
        content = SIZE + len(pictures) * THUMBNAIL
        print(f"{content / 1e6:.1f} MB in {seconds:.1f} s; the device sent {sent / content:.3f} times as many bytes",
              flush=True)
        self.assertGreaterEqual(sent, content, "the proxy has seen it all")
        self.assertLessEqual(sent, 1.05 * content + 3 * COST_OF_A_KILL)
        for visit in visits:
            seen, = stack.api.get(f"/api/v1/observations?visit={visit}")["observations"]
            self.assertEqual([(kept["sha256"], kept["bytes"], kept["state"]) for kept in seen["attachments"]],
                             [(film, SIZE, "sent")])
        self.assertEqual(stack.hub.stop(), 0)
        with closing(sqlite3.connect(f"file:{stack.store}/hub.db?mode=ro", uri=True)) as hub:
            delivered = [row[0].hex() for row in hub.execute("SELECT sha256 FROM delivery ORDER BY number")]
        self.assertEqual(sorted(delivered), sorted([film, *pictures]), "each was delivered once")
        self.assertEqual(delivered[-1], film)


if __name__ == "__main__":
    unittest.main(verbosity=2)
