"""What the vehicle does by itself: import and snapshot of a city, durable records."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import figures  # noqa: F401: puts the next on the path
from stack import BUILD, Stack, program
from sync_parts import connecting
import peers

LARGE = int(os.environ.get("FIELDPOST_BENCH_LARGE", "100000"))


def import_and_snapshot(report):
    print(f"import and snapshot, {LARGE} properties")
    stack = Stack("bench-large")
    try:
        data = stack.make_city(LARGE, seed=11)
        began = time.monotonic()
        result, _ = stack.import_city(data)
        seconds = time.monotonic() - began
        rows = sum(d["rows_read"] for d in result["datasets"])
        report.entry("import_rows_per_s", rows / seconds, "rows/s",
                     f"fieldpost-hub import of a generated city with {LARGE} properties, {rows} rows, into an empty "
                     f"store")
        stack.register()
        began = time.monotonic()
        stack.snapshot()
        report.entry("snapshot_build_s", time.monotonic() - began, "s",
                     f"fieldpost-hub snapshot, profile {stack.profile}, {LARGE} properties, with packing and signing")
        stack.write_device_config()
        stack.start_broker()
        stack.start_hub()
        began = time.monotonic()
        with connecting(stack) as connected:
            stack.start_device()
        ready = stack.wait_ready(300)
        ended = time.monotonic()
        report.entry("snapshot_fetch_s", ended - began, "s",
                     f"from the start of an empty device to mounted and caught up, {ready['data']['properties']} "
                     f"properties, "
                     "over MQTT on loopback")
        city = max((stack.state / "city").glob("city-*.db"), key=lambda path: path.stat().st_mtime)
        copied = peers.tcp_copy(city)
        report.entry("snapshot_fetch_vs_tcp", city.stat().st_size / (ended - connected.at) / 1e6, "MB/s",
                     f"bytes of the mounted city file ({city.stat().st_size / 1e6:.0f} MB) by the time from the "
                     f"device's connection to "
                     "mounted and caught up: fetched compressed in blocks over MQTT, each block and the file verified, "
                     "synced. Peer: the same "
                     "file copied over TCP on loopback by sendfile until it is durable, nothing checked or "
                     "unpacked", copied["mb_per_s"])
    finally:
        stack.close()


def durable(report):
    print("durable observations")
    folder = tempfile.mkdtemp(dir=BUILD)
    try:
        done = subprocess.run([program("fieldpost-bench"), "journal", folder], capture_output=True, text=True, check=True)
    finally:
        shutil.rmtree(folder)
    figures = json.loads(done.stdout)
    report.entry("durable_obs_per_s", figures["grouped_per_s"], "obs/s",
          f"journal appends with {figures['waiting']} waiting (group commit), each told saved after fsync; one at a time "
          f"{figures['single_per_s']:.0f}/s. Peer: plain SQLite, WAL, synchronous=FULL, one transaction each, same "
          f"folder",
          figures["plain_sqlite_per_s"])
