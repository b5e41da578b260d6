"""A whole arm64 system in QEMU: it becomes a vehicle that syncs, takes a signed update, and falls back from a broken one.

Run by hand, after tools/image qemu/virt-arm64 (boards/qemu/virt-arm64/README.md). Takes long: every instruction is emulated.
"""

import http.client
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from guest import EMULATOR, FIRMWARE, SLOW, Guest  # noqa: E402
from stack import ROOT, Client, Stack, wait_for  # noqa: E402

IMAGE = pathlib.Path(os.environ.get("FIELDPOST_IMAGE", ROOT / "build" / "images" / "qemu" / "virt-arm64"))

# fieldpostd answers its own computer only; the test is another one.
API_SOCKET = "[Socket]\nListenStream=9460\n"
API_SERVICE = "[Service]\nExecStart=/lib/systemd/systemd-socket-proxyd 127.0.0.1:8460\n"

# Instead of five minutes.
QUICK_TRIAL = "[Timer]\nOnBootSec=\nOnBootSec=60s\n"


def tool(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=SLOW,
                          preexec_fn=lambda: os.nice(19))
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class Bundles:
    """Updates beside the one that tools/image made: those that must not be taken, and those that must not be kept."""

    def __init__(self, folder):
        self.folder = folder
        self.good = IMAGE / "update.raucb"

    def damaged(self):
        """Four bytes in its middle are others."""
        path = self.folder / "damaged.raucb"
        shutil.copy(self.good, path)
        with open(path, "r+b") as file:
            file.seek(path.stat().st_size // 2)
            bytes_there = file.read(4)
            file.seek(-4, os.SEEK_CUR)
            file.write(bytes(byte ^ 0xFF for byte in bytes_there))
        return path

    def of_a_stranger(self):
        """The same system, signed with a key that no vehicle knows."""
        path = self.folder / "stranger.raucb"
        key, certificate = self.folder / "stranger.pem", self.folder / "stranger-certificate.pem"
        tool("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
             "-subj", "/CN=A stranger", "-keyout", key, "-out", certificate)
        tool("rauc", f"--keyring={IMAGE}/certificate.pem", "resign", f"--cert={certificate}", f"--key={key}",
             f"--signing-keyring={certificate}", self.good, path)
        return path

    def changed(self, name, files, added=None):
        """The system with other files in place of its own, and some added in new folders: {path in it: (text, mode)}."""
        work = self.folder / name
        work.mkdir()
        system = work / "rootfs.ext4"
        tool("cp", "--sparse=always", IMAGE / "rootfs.ext4", system)
        added = added or {}
        commands = [f"rm {path}" for path in files] + [f"mkdir {os.path.dirname(path)}" for path in added]
        for number, (path, (text, mode)) in enumerate({**files, **added}.items()):
            source = self.folder / f"{name}-{number}"
            source.write_text(text)
            commands += [f"write {source} {path}", f"set_inode_field {path} mode 0100{mode:o}"]
        script = self.folder / f"{name}.debugfs"
        script.write_text("\n".join(commands) + "\n")
        tool("debugfs", "-w", "-f", script, system)
        compatible = tool("rauc", f"--keyring={IMAGE}/certificate.pem", "info", "--output-format=shell", self.good)
        compatible = next(line.split("=", 1)[1].strip("'\"") for line in compatible.splitlines()
                          if line.startswith("RAUC_MF_COMPATIBLE="))
        (work / "manifest.raucm").write_text(f"[update]\ncompatible={compatible}\nversion={name}\n"
                                             "[bundle]\nformat=verity\n[image.rootfs]\nfilename=rootfs.ext4\n")
        path = self.folder / f"{name}.raucb"
        tool("rauc", "bundle", f"--cert={IMAGE}/certificate.pem", f"--key={IMAGE}/key.pem",
             "--mksquashfs-args=-comp zstd -Xcompression-level 1", work, path)
        shutil.rmtree(work)
        return path


@unittest.skipUnless(EMULATOR and FIRMWARE.exists() and (IMAGE / "disk.img").exists(),
                     "no image or nothing to run it with: tools/image qemu/virt-arm64")
class Image(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fieldpost-image-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.bundles = Bundles(self.folder)
        self.guest = None
        self.stack = None

    def vehicle(self, *bundles, files=None):
        """A new disk, and a stick with bundles and files on it."""
        disk, stick, content = self.folder / "disk.img", self.folder / "stick.img", self.folder / "stick"
        tool("cp", "--sparse=always", IMAGE / "disk.img", disk)
        content.mkdir()
        for bundle in bundles:
            os.link(bundle, content / bundle.name) if bundle.is_relative_to(self.folder) else shutil.copy(bundle, content)
        for name, text in (files or {}).items():
            (content / name).write_text(text)
        room = sum(file.stat().st_size for file in content.iterdir()) // 2**20
        tool("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-d", content, stick, f"{room + room // 10 + 32}M")
        shutil.rmtree(content)
        self.guest = Guest(self.folder, disk, stick)
        self.addCleanup(self.guest.close)
        self.addCleanup(self.keep_console)
        return self.guest

    def keep_console(self):
        """Where somebody finds it after a failure."""
        kept = IMAGE / "console.log"
        shutil.copy(self.folder / "console.log", kept)

    def booted(self):
        """Which system runs, A or B, as the kernel was told."""
        return self.guest.run("sed -n 's/.*rauc.slot=//p' /proc/cmdline")[0].strip()[:1]

    def tries(self):
        """How often each system was started since it was marked good."""
        out = self.guest.run("grub-editenv /efi/grub/grubenv list")[0]
        return {line[0]: int(line[6:]) for line in out.splitlines() if line[1:6] == "_TRY="}

    def install(self, name, check=True):
        self.guest.run("mkdir -p /tmp/stick; mountpoint -q /tmp/stick || mount -o ro /dev/disk/by-id/virtio-stick /tmp/stick")
        return self.guest.run(f"rauc install /tmp/stick/{name}", SLOW, check)

    # --- with a hub outside ---

    def hub(self):
        stack = self.stack = Stack("image")
        self.addCleanup(stack.close)
        data = stack.make_city(1000)
        stack.import_city(data)
        stack.register()
        stack.snapshot()
        stack.start_broker()
        stack.start_hub()
        return stack

    def papers(self):
        """What a vehicle is given by city hall."""
        stack = self.stack
        return {"hub.pub": (stack.store / "hub.pub").read_text(), "device.key": (stack.state / "device.key").read_text(),
                "device.toml": f'[device]\nid = "{stack.device_id}"\nstate = "/var/lib/fieldpost"\n'
                               f'[hub]\npublic_key = "/etc/fieldpost/hub.pub"\nbroker = "10.0.2.2"\nport = {stack.broker_port}\n',
                "api.socket": API_SOCKET, "api.service": API_SERVICE}

    def provision(self):
        self.guest.run("mkdir -p /tmp/stick; mount -o ro /dev/disk/by-id/virtio-stick /tmp/stick")
        self.guest.run("sed -n '/^.http./,$p' /etc/fieldpost/fieldpostd.toml >/tmp/rest.toml")
        self.guest.run("cat /tmp/stick/device.toml /tmp/rest.toml >/etc/fieldpost/fieldpostd.toml")
        self.guest.run("install -m 600 -o fieldpost -g fieldpost /tmp/stick/device.key /var/lib/fieldpost/device.key")
        self.guest.run("cp /tmp/stick/hub.pub /etc/fieldpost/ && sync")
        self.guest.run("systemctl start fieldpostd")

    def open_api(self):
        self.guest.run("mkdir -p /tmp/stick; mountpoint -q /tmp/stick || mount -o ro /dev/disk/by-id/virtio-stick /tmp/stick")
        self.guest.run("cp /tmp/stick/api.* /run/systemd/system/ && systemctl daemon-reload && systemctl start api.socket")
        return Client(self.guest.api_port)

    def status(self, client):
        try:
            return client.get("/api/v1/status")
        except (OSError, http.client.HTTPException, AssertionError):
            return None

    def wait_status(self, what, client, holds, seconds=SLOW):
        def look():
            status = self.status(client)
            return status if status and holds(status) else None
        return wait_for(what, look, seconds)

    def observe(self, note):
        self.assertIn("saved ", self.guest.run(f"fieldpost observe --note '{note}'")[0])

    def wait_at_hub(self, note):
        wait_for("the hub has what was recorded", lambda: any(
            note in str(operation) for operation in self.stack.hub_api.get("/api/v1/operations?limit=100")["operations"]), SLOW)


def synced(status):
    return status["data"]["state"] == "ready" and status["data"]["properties"] > 0 and status["link"]["hub"] == "present"


def slot(status, booted):
    return next(one for one in status["systems"] if one["booted"] == booted)


class Vehicle(Image):
    def test_it_syncs_with_a_hub_outside_and_goes_on_from_a_signed_update_with_all_it_had(self):
        self.hub()
        guest = self.vehicle(self.bundles.good, files=self.papers())
        self.assertEqual(guest.boot(), "A")
        self.provision()
        client = self.open_api()
        status = self.wait_status("the city is on board", client, synced)
        properties = status["data"]["properties"]
        self.observe("before the update")
        self.wait_at_hub("before the update")
        self.wait_status("the system is marked good", client, lambda status: slot(status, True)["good"])

        self.stack.hub.kill()
        self.observe("through the update")
        self.install("update.raucb")
        client.close()
        guest.restart()
        self.assertEqual(guest.wait_started(), "B")
        guest.wait_up()
        self.assertEqual(self.booted(), "B")
        client = self.open_api()
        self.stack.start_hub()
        status = self.wait_status("the city is on board", client, synced)
        self.assertEqual(status["data"]["properties"], properties)
        self.wait_at_hub("through the update")
        self.wait_status("the new system is marked good", client, lambda status: slot(status, True)["good"])
        self.assertEqual(self.tries()["B"], 0)

        client.close()
        guest.cut_power()
        self.assertEqual(guest.boot(), "B")

    def test_a_system_whose_fieldpostd_never_gets_ready_is_given_up_for_the_one_before(self):
        self.hub()
        mute = self.bundles.changed(
            "mute", {"/usr/sbin/fieldpostd": ("#!/bin/sh\nexec sleep infinity\n", 0o755)},
            {"/etc/systemd/system/fieldpost-trial.timer.d/quick.conf": (QUICK_TRIAL, 0o644)})
        guest = self.vehicle(mute, files=self.papers())
        self.assertEqual(guest.boot(), "A")
        self.provision()
        client = self.open_api()
        self.wait_status("the system is marked good", client, lambda status: slot(status, True)["good"])
        self.install("mute.raucb")
        client.close()
        guest.restart()
        self.assertEqual([guest.wait_started() for _ in range(4)], ["B", "B", "B", "A"])
        guest.wait_up()
        client = self.open_api()
        self.wait_status("the device works as before", client, synced)


class Update(Image):
    def test_what_is_damaged_or_signed_by_a_stranger_is_refused_and_the_system_stays(self):
        guest = self.vehicle(self.bundles.damaged(), self.bundles.of_a_stranger())
        self.assertEqual(guest.boot(), "A")
        for name in ("damaged.raucb", "stranger.raucb"):
            said, code = self.install(name, check=False)
            self.assertNotEqual(code, 0, said)
            self.assertIn("failed", said)
        guest.restart()
        self.assertEqual(guest.wait_started(), "A")
        guest.wait_up()

    def test_a_system_that_does_not_come_up_is_given_up_for_the_one_before(self):
        dead = self.bundles.changed("dead", {"/usr/lib/systemd/systemd": ("#!/bin/sh\nexit 1\n", 0o755)})
        guest = self.vehicle(dead)
        self.assertEqual(guest.boot(), "A")
        guest.run("rauc status mark-good")
        self.install("dead.raucb")
        guest.restart()
        self.assertEqual([guest.wait_started() for _ in range(4)], ["B", "B", "B", "A"])
        guest.wait_up()
        self.assertEqual(self.booted(), "A")


if __name__ == "__main__":
    unittest.main()
