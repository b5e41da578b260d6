"""A board's image in QEMU: its disk, its console, and a forwarded port.

Whoever sits at the console of a desk's board is root; that is how the tests get in. Every wait has a limit.
"""

import os
import pathlib
import re
import select
import shutil
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
from stack import Process, free_port, wait_for  # noqa: E402

EMULATOR = shutil.which("qemu-system-aarch64")
FIRMWARE = pathlib.Path("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd")
SLOW = 2400  # seconds that no step needs, even on a busy machine
PROMPT = r"root@fieldpost:\S+# $"


class Guest:
    """`disk` is written to. `stick`, a file system image, is put in as a second disk, read-only."""

    def __init__(self, folder, disk, stick):
        self.folder = folder
        self.api_port = free_port()
        self.text = ""  # of the console, since it was last looked at
        self.socket = None
        self.commands = 0
        line = folder / "console"
        self.console = line
        self.qemu = Process("guest", [
            "nice", "-n", "19", EMULATOR, "-M", "virt", "-cpu", "cortex-a53", "-m", "1024",
            # Its time goes by what it executes: on a busy machine nothing in it runs out of time.
            "-accel", "tcg", "-icount", "shift=2,align=off,sleep=on", "-rtc", "clock=vm", "-bios", str(FIRMWARE), "-display", "none", "-monitor", "none",
            "-chardev", f"socket,id=console,path={line},server=on,wait=on,logfile={folder}/console.log,logappend=on",
            "-serial", "chardev:console",
            "-drive", f"if=none,id=disk,file={disk},format=raw,discard=unmap",
            "-device", "virtio-blk-pci,drive=disk,bootindex=0",
            "-drive", f"if=none,id=stick,file={stick},format=raw,readonly=on", "-device", "virtio-blk-pci,drive=stick,serial=stick",
            "-netdev", f"user,id=network,hostfwd=tcp:127.0.0.1:{self.api_port}-:9460",
            "-device", "virtio-net-pci,netdev=network,romfile=",
            "-chardev", "null,id=gnss", "-device", "pci-serial,chardev=gnss,addr=0x8",
            "-chardev", "null,id=supervisor", "-device", "pci-serial,chardev=supervisor,addr=0x9"], folder)

    def start(self):
        """Power comes."""
        self.console.unlink(missing_ok=True)
        self.qemu.start()
        wait_for("QEMU waits at its console", self.console.exists, 30)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(self.console))

    def cut_power(self):
        self.qemu.kill()
        if self.socket is not None:
            self.socket.close()
        self.socket = None
        self.text = ""

    def close(self):
        self.cut_power()
        self.qemu.log.close()

    def expect(self, what, pattern, seconds):
        """Reads the console up to the pattern; the match."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.text, re.MULTILINE)
            if found:
                self.text = self.text[found.end():]
                return found
            left = deadline - time.monotonic()
            if left <= 0 or not self.qemu.running():
                raise AssertionError(f"not within {seconds} s: {what}; the console: {self.text[-1500:]}")
            if select.select([self.socket], [], [], min(left, 1))[0]:
                self.text += self.socket.recv(65536).decode(errors="replace").replace("\r", "")

    def wait_started(self, seconds=SLOW):
        """Which system the boot loader starts next, A or B."""
        return self.expect("the boot loader starts a system", r"Starting system ([AB])", seconds)[1]

    def wait_up(self, seconds=SLOW):
        """Somebody can work at the console."""
        self.expect("a prompt", PROMPT, seconds)
        self.run("dmesg -n 1; stty -echo; export TERM=dumb; bind 'set enable-bracketed-paste off'")

    def boot(self):
        """From power to prompt; which system it is."""
        self.start()
        system = self.wait_started()
        self.wait_up()
        return system

    def restart(self):
        self.type("systemctl reboot")

    def type(self, line):
        self.text = ""
        self.socket.sendall(line.encode() + b"\n")

    def run(self, command, seconds=600, check=True):
        """At the console; what it printed and its exit code."""
        self.commands += 1
        mark = f"{self.commands}-ended"
        # Typed in two parts, so that the echo of the line is not taken for the end.
        self.type(f'{command}; echo "{mark[:2]}""{mark[2:]}:$?"')
        ended = self.expect(command, rf"([\s\S]*?){mark}:(\d+)\n", seconds)
        self.expect("a prompt", PROMPT, 300)
        out, code = ended[1], int(ended[2])
        if check and code != 0:
            raise AssertionError(f"{command}: {code}\n{out}")
        return out, code
