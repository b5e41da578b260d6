#!/usr/bin/env python3
"""Copies a file over TCP on the loopback interface, as a peer of the snapshot's fetch; prints JSON.

    tools/bench/peers/tcp_copy.py FILE [--folder DIR]

The sender, a process of its own, uses sendfile; the receiver writes to a file in DIR (beside FILE unless given) and
syncs it. seconds runs from connecting to the file being durable; received_s to the last byte being written but not yet
synced. Nothing is checked or unpacked while the clock runs: this is what the link and the disk give, no protocol.
Afterwards the copy is compared with FILE and removed.
"""

import argparse
import filecmp
import json
import os
import pathlib
import socket
import sys
import tempfile
import time

PIECE = 1 << 20


def send(listener, source):
    connection, _ = listener.accept()
    with connection, open(source, "rb") as file:
        connection.sendfile(file)


def receive(port, target):
    piece = bytearray(PIECE)
    view = memoryview(piece)
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection, open(target, "wb", buffering=0) as file:
        while size := connection.recv_into(piece):
            file.write(view[:size])
        received = time.perf_counter() - began
        os.fsync(file.fileno())
    return received, time.perf_counter() - began


def copy(source, target):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sender = os.fork()
        if sender == 0:
            code = 1
            try:
                send(listener, source)
                code = 0
            finally:
                os._exit(code)
        received, durable = receive(listener.getsockname()[1], target)
    _, status = os.waitpid(sender, 0)
    if status != 0:
        sys.exit("tcp_copy: the sender failed")
    return received, durable


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path)
    given = parser.parse_args()
    size = given.file.stat().st_size
    with tempfile.TemporaryDirectory(prefix="tcp-copy-", dir=given.folder or given.file.resolve().parent) as folder:
        target = pathlib.Path(folder) / "copy"
        received, durable = copy(given.file, target)
        if not filecmp.cmp(given.file, target, shallow=False):
            sys.exit("tcp_copy: the copy differs from the file")
    print(json.dumps({"bytes": size, "seconds": round(durable, 4), "mb_per_s": round(size / durable / 1e6, 1),
                      "received_s": round(received, 4), "received_mb_per_s": round(size / received / 1e6, 1)}))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"tcp_copy: {error}")
