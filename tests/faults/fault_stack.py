"""Broker, hub and devices as in tests/system/stack.py, with disks, clocks and power that can fail."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
from stack import BUILD, Client, Process, Stack, free_port, program, wait_for  # noqa: E402, F401

POWERCUT = BUILD / "bin" / "fieldpost-powercut.so"
FAKETIME = next(iter(sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
DISK_MIB = 256  # a small disk: the city, what is recorded, and the room that a snapshot's fetch must leave


def settle_disk(folder):
    """What a power cut leaves: names that were not synced are undone by the library when it is loaded."""
    subprocess.run(["true"], check=True, env=dict(os.environ, LD_PRELOAD=str(POWERCUT),
                                                  FIELDPOST_POWERCUT_DIR=str(folder)))


class SmallDisk:
    """A file system of its own that can be filled to the last byte."""

    def __init__(self, folder):
        self.folder = folder
        self.ballast = folder / "ballast"
        folder.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "fieldpost-faults", str(folder)],
                       check=True, capture_output=True)

    @staticmethod
    def why_not():
        """A sentence when this machine cannot have one."""
        if os.geteuid() != 0:
            return "disks are not filled: mounting a small one needs root"
        return None if shutil.which("mount") else "disks are not filled: there is no mount"

    def fill(self):
        with open(self.ballast, "wb") as ballast:
            while True:
                free = os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize
                if free == 0:
                    return
                try:
                    os.posix_fallocate(ballast.fileno(), ballast.seek(0, os.SEEK_END), free)
                except OSError:  # a writer was faster
                    return

    def free(self):
        self.ballast.unlink(missing_ok=True)

    def close(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)


class RoomyFolder:
    """A folder of a small disk that lies on the machine's own: the hub takes attachments only while much is free."""

    def __init__(self, folder, lies_in):
        self.folder = folder
        folder.mkdir()
        lies_in.mkdir()
        subprocess.run(["mount", "--bind", str(lies_in), str(folder)], check=True, capture_output=True)

    def close(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)


class Node(Process):
    """A process with its own power, clock and disk. It is started again when it ends by itself, as systemd would."""

    def __init__(self, name, command, folder, state=None, disk=None):
        super().__init__(name, command, folder)
        self.state = state      # the folder of its files; None: it keeps none
        self.disk = disk
        self.clock = None       # the file that libfaketime reads
        self.wanted = False
        self.how = {}           # arguments of power_on at its last start
        self.cuts_power = False
        self.ends = []          # exit codes of those that were not ours

    def set_clock(self, offset):
        """Moves the process's wall clock at once, running or not; "+0" is the right time."""
        self.clock = self.clock or pathlib.Path(self.log.name).with_suffix(".clock")
        draft = self.clock.with_suffix(".draft")
        draft.write_text(offset + "\n")
        draft.replace(self.clock)

    def power_on(self, power_cut=False, tear=None, lie=None):
        """With `power_cut` its end by SIGKILL takes with it what was not synced."""
        if self.child is not None:
            return
        preload = []
        env = dict(os.environ)
        self.cuts_power = power_cut and self.state is not None
        if self.cuts_power:
            preload.append(str(POWERCUT))
            env["FIELDPOST_POWERCUT_DIR"] = str(self.state)
            env["FIELDPOST_POWERCUT_TEAR"] = "" if tear is None else str(tear)
            env["FIELDPOST_POWERCUT_LIE"] = lie or ""
        if self.clock is not None:
            preload.append(str(FAKETIME))
            env.update(FAKETIME_TIMESTAMP_FILE=str(self.clock), FAKETIME_NO_CACHE="1", NO_FAKE_STAT="1",
                       FAKETIME_DONT_FAKE_MONOTONIC="1")
        if preload:
            env["LD_PRELOAD"] = ":".join(preload)
            env["ASAN_OPTIONS"] = "verify_asan_link_order=0:" + env.get("ASAN_OPTIONS", "")
        self.env = env
        self.wanted = True
        self.start()

    def power_off(self):
        """True when a power cut happened to a running process."""
        self.wanted = False
        ran = self.running()
        self.reap()
        self.kill()
        if self.cuts_power:
            settle_disk(self.state)
        return ran and self.cuts_power

    def reap(self):
        """Notes an end that nobody asked for; True when there was one."""
        if self.child is None or self.child.poll() is None:
            return False
        self.ends.append(self.child.returncode)
        self.child = None
        return True

    def crashed(self):
        """Ends by a signal, which no fault of ours explains."""
        return [signal.Signals(-code).name for code in self.ends if code < 0]


class Device(Node):
    def __init__(self, name, folder, state, disk, hub_key, broker_port):
        self.config = folder / f"{name}.toml"
        super().__init__(name, [program("fieldpostd"), "--config", str(self.config)], folder, state, disk)
        self.port = free_port()
        self.api = Client(self.port, timeout=10)
        self.config.write_text(f"""
[device]
id = "{name}"
state = "{state}"
[hub]
public_key = "{hub_key}"
port = {broker_port}
[http]
port = {self.port}
[gnss]
driver = "empty"
""")


class FaultStack(Stack):
    """Nothing runs yet; prepare() makes the city, the keys and the snapshot."""

    def __init__(self, devices=1, small_disks=False):
        super().__init__("faults")
        self.disks = []
        for process in (self.hub, self.broker):
            process.log.close()
        self.hub = Node("hub", self.hub.command, self.folder, self.store,
                        self.disk_for(self.store) if small_disks else None)
        self.broker = Node("broker", self.broker.command, self.folder)
        if small_disks:
            self.disks.append(RoomyFolder(self.store / "blobs", self.folder / "hub-blobs"))
        self.devices = []
        for number in range(1, devices + 1):
            state = self.folder / f"car-{number}"
            disk = self.disk_for(state) if small_disks else None
            self.devices.append(Device(f"car-{number}", self.folder, state, disk, self.store / "hub.pub",
                                       self.broker_port))

    def disk_for(self, folder):
        self.disks.append(SmallDisk(folder))
        return self.disks[-1]

    @property
    def nodes(self):
        return {node.name: node for node in (self.broker, self.hub, *self.devices)}

    def prepare(self, properties=1000):
        self.import_city(self.make_city(properties))
        for device in self.devices:
            self.hub_command("device", "add", device.name, "--profile", self.profile, "--store", self.store,
                             "--key-file", device.state / "device.key")
        self.snapshot()

    def close(self, keep=False):
        for device in self.devices:
            device.kill()
            device.log.close()
            device.api.close()
        super().close(keep=True)
        if not keep:
            for disk in reversed(self.disks):
                disk.close()
            shutil.rmtree(self.folder, ignore_errors=True)
