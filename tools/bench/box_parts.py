"""What fieldpostd takes of its box: memory, size, start, and how often it wakes while nobody asks it anything.

Measured from outside, in a window after a warm-up, once driving (a fix each second, a position recorded now and then) and
once parked without a receiver; connected to the hub both times. Told as systemd would start it: with a socket for
notifications and its unit's watchdog.

Wake-ups are voluntary context switches: how often a thread stopped running by itself, to wait for a time, a socket, a lock
or the disk. Each is one wake-up later. Counted for every thread in /proc/PID/task, each second; of a thread that ends in
between, what came after the last look is missed. They are wake-ups of threads: of two that wake together the processor may
wake once.

Memory is PSS, in which a page that n programs map counts 1/n. Hub and broker, which are not in the vehicle, therefore run on
copies of their libraries. What else this machine runs (Python here, systemd there) shares libc and OpenSSL with the device.
Another fieldpostd or hub at the same time takes megabytes off the figure: private dirty memory, in the note, is the
device's own in any case.

The simulated receiver wakes once for a fix. A serial one wakes for what its line brings, which is more often.

build/bench/box.md says who wakes and where the memory is.
"""

import collections
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from figures import ROOT, share_of
from stack import Process, Stack, free_port, program, wait_for

SAMPLE = int(os.environ.get("FIELDPOST_BENCH_SAMPLE", "50000"))
WINDOW_S = int(os.environ.get("FIELDPOST_BENCH_BOX_SECONDS", "600"))
WARM_UP_S = int(os.environ.get("FIELDPOST_BENCH_BOX_WARM_UP", "60"))
MEMORY_EVERY_S = 5
STARTS = 10
WATCHDOG_US = 60_000_000  # as in the unit of tools/packaging
LOOK_UPS = 200
MANY_LOOK_UPS = 3000  # by then what readers keep of the city's file has stopped growing
STREETS = ("main", "oak", "park", "elm", "maple", "washington", "cedar", "lake", "hill", "1st", "2nd", "smith")

# What the field says of its own programs; nobody measured it here.
PUBLISHED = (
    ("AWS IoT Greengrass Lite", "12 to 16 MB PSS, 1 MB installed"),
    ("thin-edge.io, with its broker", "34 to 40 MB"),
    ("Aktualizr", "20 MB"),
    ("a Paho client, connected and idle", "2.9 wake-ups/s"),
)


# --- what /proc says ---------------------------------------------------------------------------------------------

Thread = collections.namedtuple("Thread", "name switches cpu_ns")


def memory_mb(pid):
    """By the names of smaps_rollup: Rss, Pss, Private_Dirty, …"""
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(size.split()[0]) / 1024 for name, size in (line.split(":") for line in lines)}


def pss_mb(pid):
    return memory_mb(pid)["Pss"]


def pss_by_mapping(pid):
    """{name: [PSS, RSS]} in MB; mappings without a file are stacks and the heaps of threads."""
    sizes = collections.defaultdict(lambda: [0.0, 0.0])
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match("[0-9a-f]+-[0-9a-f]+ ", line):
            name = pathlib.PurePath((line.split(maxsplit=5) + ["no file"])[5]).name
        elif line.startswith(("Pss:", "Rss:")):
            sizes[name][line.startswith("Rss:")] += int(line.split()[1]) / 1024
    return dict(sizes)


def threads(pid):
    """By number and time of start, since numbers come again."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
            switches = int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", (task / "status").read_text(), re.MULTILINE)[1])
            cpu_ns = int((task / "schedstat").read_text().split()[0])
            began = (task / "stat").read_text().rpartition(")")[2].split()[19]
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
        found[int(task.name), began] = Thread(name + (" (main)" if task.name == str(pid) else ""), switches, cpu_ns)
    return found


class Window:
    """What one process does between the first look at it and the last."""

    def __init__(self, pid):
        self.pid = pid
        self.began = time.monotonic()
        self.first = threads(pid)
        self.last = dict(self.first)
        self.memory = [memory_mb(pid)]

    def look(self, at_memory):
        self.last |= threads(self.pid)
        self.seconds = time.monotonic() - self.began
        if at_memory:
            self.memory.append(memory_mb(self.pid))

    def by_thread(self):
        """[(name, wake-ups/s, CPU in % of a core)], who wakes most first."""
        nothing = Thread("", 0, 0)
        rows = []
        for key, thread in self.last.items():
            before = self.first.get(key, nothing)
            rows.append((thread.name, (thread.switches - before.switches) / self.seconds,
                         (thread.cpu_ns - before.cpu_ns) / self.seconds / 1e7))
        return sorted(rows, key=lambda row: -row[1])

    def wakeups_per_s(self):
        return sum(row[1] for row in self.by_thread())

    def cpu_percent(self):
        return sum(row[2] for row in self.by_thread())

    def median_mb(self, name):
        return statistics.median(sample[name] for sample in self.memory)

    def most_mb(self, name):
        return max(sample[name] for sample in self.memory)


def watch(*pids):
    """All of them in one window, after the warm-up."""
    time.sleep(max(2, share_of(WARM_UP_S)))
    length = max(5, share_of(WINDOW_S))
    windows = [Window(pid) for pid in pids]
    for second in range(1, length + 1):
        time.sleep(max(0, windows[0].began + second - time.monotonic()))
        for window in windows:
            window.look(at_memory=second % MEMORY_EVERY_S == 0)
    for window in windows:
        window.mappings = pss_by_mapping(window.pid)
    return windows


# --- the programs ------------------------------------------------------------------------------------------------

class ServiceManager:
    """Hears what the device tells, as systemd would. Goes on for as long as the bench runs."""

    def __init__(self, folder):
        self.ready = threading.Event()
        self.ready_at = None
        path = folder / "notify"
        self.environment = os.environ | {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(WATCHDOG_US)}
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        threading.Thread(target=self.hear, daemon=True).start()

    def hear(self):
        while True:
            if b"READY=1" in self.socket.recv(65536).split(b"\n"):
                self.ready_at = time.monotonic()
                self.ready.set()


def on_own_libraries(stack, *processes):
    """They share no page with the device: in a vehicle there is neither."""
    folder = stack.folder / "libraries"
    folder.mkdir()
    for process in processes:
        needed = subprocess.run(["ldd", process.command[0]], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"=> (/\S+)", needed):
            shutil.copy(library, folder)
        process.env = os.environ | {"LD_LIBRARY_PATH": str(folder)}


def drive(stack):
    """[gnss] of a vehicle that goes up and down a street at 50 km/h."""
    longitude, latitude = json.loads((stack.folder / "city" / "city.json").read_text())["centre"]
    there = [f"{latitude + step * 14 / 111_200:.6f},{longitude:.6f}" for step in range(120)]
    return f'driver = "sim"\nscript = "{" ".join(there + there[::-1])}"'


def configure(stack, gnss):
    """The desk's board with a real disk: the simulated one is looked at each second, a real one each minute."""
    desk = (ROOT / "boards" / "generic" / "sim" / "board.toml").read_text()
    board = stack.folder / "board.toml"
    board.write_text(desk.replace('[storage]\ndriver = "sim"', '[storage]\ndriver = "linux"'))
    assert board.read_text() != desk
    stack.write_device_config(gnss=f'{gnss}\n[board]\nfile = "{board}"')


def restart(stack, gnss):
    stack.device.stop()
    stack.api.close()
    configure(stack, gnss)
    stack.start_device()
    stack.wait_ready()
    look_up(stack, LOOK_UPS)


def look_up(stack, count):
    for number in range(count):
        stack.api.get(f"/api/v1/search?q={number % 400}+{STREETS[number % len(STREETS)]}")
    stack.api.close()


def still_as_it_was(stack, fix):
    status = stack.status()
    assert status["link"]["hub"] == "present", f"the link was lost in the window: {status['link']}"
    assert (status["position"]["fix"] != "none") == fix, f"no such fix was expected: {status['position']}"


class Gpsd:
    """An idle one without a receiver, for as long as it lives; none where it is not installed."""

    def __init__(self, folder):
        found = shutil.which("gpsd", path=os.environ["PATH"] + ":/usr/sbin")
        self.process = found and Process("gpsd", [found, "-N", "-S", str(free_port()), "-F", str(folder / "gpsd.sock")], folder)

    def __enter__(self):
        if self.process:
            self.process.start()
        return self

    def pids(self):
        return [self.process.child.pid] if self.process and self.process.running() else []

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.log.close()


# --- the figures -------------------------------------------------------------------------------------------------

def box(report):
    print(f"the box: {SAMPLE} properties, two windows of {max(5, share_of(WINDOW_S))} s")
    sizes(report)
    stack = Stack("bench-box")
    try:
        manager = ServiceManager(stack.folder)
        stack.device.env = manager.environment
        on_own_libraries(stack, stack.hub, stack.broker)
        stack.prepare(SAMPLE)
        configure(stack, 'driver = "empty"')
        stack.start()
        fetched = memory_mb(stack.device.child.pid)

        restart(stack, drive(stack))
        driving, = watch(stack.device.child.pid)
        still_as_it_was(stack, fix=True)

        restart(stack, 'driver = "empty"')
        with Gpsd(stack.folder) as gpsd:
            parked, *neighbours = watch(stack.device.child.pid, stack.broker.child.pid, *gpsd.pids())
        still_as_it_was(stack, fix=False)
        look_up(stack, MANY_LOOK_UPS)
        used = memory_mb(stack.device.child.pid)

        report_windows(report, driving, parked, neighbours[0], fetched, used)
        report_starts(report, stack, manager)
        write_details(report.folder / "box.md", driving, parked, neighbours)
    finally:
        stack.close()


def sizes(report):
    built = pathlib.Path(program("fieldpostd"))
    with tempfile.TemporaryDirectory() as folder:
        stripped = pathlib.Path(folder) / built.name
        subprocess.run(["strip", "-o", stripped, built], check=True)
        report.entry("binary_mb", stripped.stat().st_size / 1e6, "MB",
                     f"fieldpostd, stripped, dynamically linked; as it is built, with symbols, {built.stat().st_size / 1e6:.1f} MB")
    package_size(report)


def package_size(report):
    machine = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    built = sorted((ROOT / "build" / "packages" / machine).glob(f"fieldpost-device_*_{machine}.deb"),
                   key=lambda path: path.stat().st_mtime)
    if not built:
        print(f"  package_mb skipped: no package for {machine} in build/packages, tools/package makes it")
        return
    package = built[-1]
    installed = subprocess.run(["dpkg-deb", "--field", package, "Installed-Size"], capture_output=True, text=True, check=True)
    report.entry("package_mb", package.stat().st_size / 1e6, "MB",
                 f"{package.name}: program and page, packed; {int(installed.stdout) * 1024 / 1e6:.1f} MB installed, without the "
                 "libraries that it depends on")


def report_windows(report, driving, parked, broker, fetched, used):
    window = f"window of {driving.seconds:.0f} s after {max(2, share_of(WARM_UP_S))} s and {LOOK_UPS} look-ups"
    report.entry("pss_mb_sample", driving.median_mb("Pss"), "MB",
                 f"fieldpostd, {SAMPLE} properties mounted, driving, median of the {window}; at most {driving.most_mb('Pss'):.1f}, "
                 f"private dirty {driving.median_mb('Private_Dirty'):.1f}, RSS {driving.median_mb('Rss'):.1f}; parked "
                 f"{parked.median_mb('Pss'):.1f}; just after it fetched the city {fetched['Pss']:.1f}, after {MANY_LOOK_UPS} look-ups "
                 f"{used['Pss']:.1f}, private dirty then {used['Private_Dirty']:.1f}. Peer: the broker beside it, "
                 "Mosquitto with two clients. Published, not measured here: " + "; ".join(f"{name} {figure}" for name, figure in PUBLISHED),
                 broker.median_mb("Pss"))
    counted = f"voluntary context switches of all threads, connected to the hub, {window}"
    report.entry("wakeups_per_s_driving", driving.wakeups_per_s(), "1/s", f"{counted}; a fix each second, positions recorded and sent")
    report.entry("wakeups_per_s_parked", parked.wakeups_per_s(), "1/s",
                 f"{counted}; no receiver, nothing to send. Peer: the broker beside it. Published: an idle Paho client 2.9",
                 broker.wakeups_per_s())
    report.entry("idle_cpu_share", parked.cpu_percent(), "%",
                 f"of one core, all threads, parked, {window}; driving {driving.cpu_percent():.2f} %. Peer: the broker beside it",
                 broker.cpu_percent())


def report_starts(report, stack, manager):
    starts = [start(stack, manager) for _ in range(STARTS)]
    ready, notified, searched = ([round(one[at] * 1000, 1) for one in starts] for at in range(3))
    median = statistics.median
    report.entry("ready_ms", median(ready), "ms",
                 f"from exec until it has told READY=1 and answered GET /status, tried each millisecond, median of {STARTS}, longest "
                 f"{max(ready):.0f}; READY=1 alone {median(notified):.0f}, longest {max(notified):.0f}; {SAMPLE} properties, page "
                 "cache warm")
    report.entry("cold_start_ms_sample", median(searched), "ms",
                 f"from exec to the first answered search over HTTP, median of {STARTS}, longest {max(searched):.0f}; page cache warm")


def start(stack, manager):
    """Seconds until it is ready, until it said so, until it answered a search."""
    stack.device.stop()
    stack.api.close()
    manager.ready.clear()
    began = time.monotonic()
    stack.device.start()
    answered = when_answered(stack, "/api/v1/status")
    if not manager.ready.wait(60):
        raise AssertionError("fieldpostd did not tell that it is ready")
    searched = when_answered(stack, "/api/v1/search?q=1+main")
    return max(answered, manager.ready_at) - began, manager.ready_at - began, searched - began


def when_answered(stack, path):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if stack.api.request("GET", path)[0] == 200:
                return time.monotonic()
        except OSError:
            pass
        time.sleep(0.001)
    raise AssertionError(f"no answer to GET {path} after a minute")


def write_details(path, driving, parked, neighbours):
    lines = []
    for title, window in (("driving", driving), ("parked", parked)):
        lines += [f"## Threads of fieldpostd, {title}", "", "| thread | wake-ups/s | CPU, % of a core |", "|---|---:|---:|"]
        lines += [f"| {name} | {wakes:.2f} | {cpu:.3f} |" for name, wakes, cpu in window.by_thread()]
        lines += [f"| all | {window.wakeups_per_s():.2f} | {window.cpu_percent():.3f} |", ""]
    lines += ["## Memory of fieldpostd at the window's end", ""]
    lines += ["| mapping | PSS driving, MB | RSS driving, MB | PSS parked, MB |", "|---|---:|---:|---:|"]
    lines += [f"| {name} | {pss:.2f} | {rss:.2f} | {parked.mappings.get(name, [0])[0]:.2f} |"
              for name, (pss, rss) in sorted(driving.mappings.items(), key=lambda row: -row[1][0]) if rss >= 0.1]
    lines += ["", "## Measured beside it, parked", "", "| program | PSS, MB | wake-ups/s | CPU, % of a core |", "|---|---:|---:|---:|"]
    lines += [f"| {name} | {one.median_mb('Pss'):.1f} | {one.wakeups_per_s():.2f} | {one.cpu_percent():.3f} |"
              for name, one in zip(("fieldpostd", "Mosquitto, two clients", "gpsd without a receiver"), (parked, *neighbours))]
    lines += ["", "## Published by others, not measured here", ""] + [f"- {name}: {figure}" for name, figure in PUBLISHED]
    text = "\n".join(lines)
    path.write_text(text + "\n")
    print(text)
