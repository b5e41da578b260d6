"""Counts what a device's connection to the broker carries: a TCP proxy that reads MQTT 5 as it passes.

    with Meter(broker_port) as meter:     # the device is told meter.port
        ...
        meter.bytes("up batch", "down ack")

Bytes are payload of TCP, both directions: each packet whole, an acknowledgement counted to what it acknowledges. What a
packet carries is told by its topic and, on the device's own topics, by the first byte of the message: the number of the
member of Up or Down. The peer's bytes are counted the same way (peers/README.md). Not for rates: it is slow.
"""

import collections
import socket
import threading

PUBLISH, PUBACK = 3, 4
UP = {1: "hello", 2: "batch"}
DOWN = {1: "hello_reply", 2: "ack", 3: "segment"}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


class Way:
    """One direction of a connection."""

    def __init__(self, meter):
        self.meter = meter
        self.other = None
        self.rest = b""
        self.published = {}  # packet id: what it carried, until the other way acknowledges it

    def take(self, data):
        self.rest += data
        while True:
            try:
                length, start = varint(self.rest, 1)
            except IndexError:
                return
            if len(self.rest) < start + length:
                return
            packet, self.rest = self.rest[:start + length], self.rest[start + length:]
            self.meter.count(self.said(packet, start), len(packet))

    def said(self, packet, at):
        kind = packet[0] >> 4
        if kind == PUBACK:
            return self.other.published.pop(int.from_bytes(packet[at:at + 2], "big"), "session")
        if kind != PUBLISH:
            return "session"
        size = int.from_bytes(packet[at:at + 2], "big")
        topic, at = packet[at + 2:at + 2 + size].decode(), at + 2 + size
        number = None
        if packet[0] & 0x06:
            number, at = int.from_bytes(packet[at:at + 2], "big"), at + 2
        properties, at = varint(packet, at)
        first = packet[at + properties:at + properties + 1]
        member = first[0] >> 3 if first else 0
        name = topic.split("/")[2] if topic.count("/") >= 2 else topic
        what = f"up {UP.get(member, 'other')}" if name == "up" else f"down {DOWN.get(member, 'other')}" if name == "down" else name
        if number is not None:
            self.published[number] = what
        return what


class Meter:
    def __init__(self, broker_port):
        self.broker_port = broker_port
        self.counted = collections.Counter()
        self.packets = collections.Counter()
        self.lock = threading.Lock()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.close()

    def accept(self):
        while True:
            try:
                device = self.server.accept()[0]
                broker = socket.create_connection(("127.0.0.1", self.broker_port))
            except OSError:
                return
            up, down = Way(self), Way(self)
            up.other, down.other = down, up
            for source, target, way in ((device, broker, up), (broker, device, down)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.carry, args=(source, target, way), daemon=True).start()

    @staticmethod
    def carry(source, target, way):
        try:
            while data := source.recv(65536):
                way.take(data)
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def count(self, what, size):
        with self.lock:
            self.counted[what] += size
            self.packets[what] += 1

    def reset(self):
        with self.lock:
            self.counted.clear()
            self.packets.clear()

    def bytes(self, *whats):
        with self.lock:
            return sum(self.counted[what] for what in whats)
