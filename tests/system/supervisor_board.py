"""The supervisor's real firmware on QEMU's lm3s6965evb, its pins and volts, and a computer that talks to it.

boards/qemu/lm3s6965evb/README.md says which pin is which. The computer's end is tools/supervisor, which is the driver
that fieldpostd uses.
"""

import contextlib
import json
import os
import pathlib
import queue
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from stack import ROOT, program, wait_for

FIRMWARE = ROOT / "build" / "firmware"
NAME = "qemu-lm3s6965evb"
EEPROM = 65536
GPIO_D = 0x400073FC
SUPPLY = 0x2000FFF0
# The frame of a Request with id 1 and an empty ReadLog; hal/supervisor/README.md says how frames look.
READ_LOG = bytes.fromhex("00 05 01 08 01 22 03 b4 6b 00")
NOISE = b"x" * 10  # no frame ends in it
RESETS = 0x2000FC08  # BootNote::resets in firmware/image/layout.hpp
INPUTS = "/machine/unattached/device[13]"
IGNITION, SOS, TAMPER = 0, 2, 3
POWER, POWER_LAMP, FAULT_LAMP, SOS_LAMP = 1, 2, 4, 8


def missing():
    """What is not here to run it; None if all is."""
    for tool in ("qemu-system-arm", "arm-none-eabi-gcc", "openssl"):
        if not shutil.which(tool):
            return f"{tool} is not installed (tools/install)"
    return None


def build():
    subprocess.run([ROOT / "tools" / "firmware", "build"], check=True, stdout=subprocess.DEVNULL, timeout=600)


def sign(body, version, file, board="qemu/lm3s6965evb"):
    subprocess.run([ROOT / "tools" / "firmware", "sign", body, board, hex(version), file], check=True, timeout=60)


class Board:
    """One board with a firmware in slot 0. Its EEPROMs are files, so that what it keeps outlives it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fp-mcu-"))
        self.process = None
        self.pins = {}
        self.asking = threading.Lock()
        image = (FIRMWARE / f"{NAME}.fpfw").read_bytes()
        for name, content in (("storage", b""), ("slot0", image), ("slot1", b"")):
            (self.folder / name).write_bytes(content + b"\xff" * (EEPROM - len(content)))

    def power_up(self):
        """Connects the vehicle's battery."""
        command = ["qemu-system-arm", "-M", "lm3s6965evb", "-display", "none", "-monitor", "none", "-accel", "tcg",
                   "-kernel", FIRMWARE / f"{NAME}-boot.elf", "-qtest-log", "none",
                   "-qtest", f"unix:{self.folder}/qtest,server=on,wait=off",
                   "-chardev", f"socket,id=line,path={self.folder}/line,server=on,wait=off", "-serial", "chardev:line"]
        for at, name in enumerate(("storage", "slot0", "slot1")):
            command += ["-drive", f"if=none,id={name},format=raw,file={self.folder}/{name}",
                        "-device", f"at24c-eeprom,bus=i2c,address={0x50 + at},rom-size={EEPROM},drive={name}"]
        self.log = open(self.folder / "qemu.log", "ab")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        self.qtest = socket.socket(socket.AF_UNIX)
        self.qtest.settimeout(20)
        wait_for("QEMU listens", lambda: self._connects(), 20)
        self.answers = self.qtest.makefile("r")
        self.held = threading.Event()
        self.holder = threading.Thread(target=self._hold_pins, args=(self.held,), daemon=True)
        self.holder.start()

    def _hold_pins(self, ended):
        """QEMU forgets the pins' levels when the chip is reset; a vehicle does not."""
        while not ended.wait(0.1):
            try:
                for number, level in list(self.pins.items()):
                    self.pin(number, level)
            except (OSError, ValueError, AssertionError):
                return

    def _connects(self):
        if self.process.poll() is not None:
            raise AssertionError("QEMU ended: " + (self.folder / "qemu.log").read_text())
        try:
            self.qtest.connect(f"{self.folder}/qtest")
            return True
        except OSError:
            return False

    def power_loss(self):
        """Disconnects the battery, at once."""
        if self.process:
            self.held.set()
            self.holder.join()
            self.process.kill()
            self.process.wait()
            self.answers.close()
            self.qtest.close()
            self.log.close()
            self.process = None

    def close(self):
        self.power_loss()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, command):
        with self.asking:
            self.qtest.sendall((command + "\n").encode())
            answer = self.answers.readline().split()
        assert answer and answer[0] == "OK", answer
        return answer[1] if len(answer) > 1 else None

    def pin(self, number, level):
        self.pins[number] = level
        self.ask(f"set_irq_in {INPUTS} unnamed-gpio-in {number} {int(level)}")

    def ignition(self, on):
        self.pin(IGNITION, on)

    def supply(self, millivolts):
        self.ask(f"writel {SUPPLY:#x} {millivolts}")

    def outputs(self):
        return int(self.ask(f"readl {GPIO_D:#x}"), 16)

    def power(self):
        return bool(self.outputs() & POWER)

    @contextlib.contextmanager
    def flood(self, what):
        """A computer that sends it without a pause and takes what is answered, in the place of the one that is closed."""
        ended = threading.Event()
        self.answered = 0  # bytes

        def talk():
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(f"{self.folder}/line")
                line.setblocking(False)
                rest = b""
                while not ended.is_set():
                    readable, writable, _ = select.select([line], [line], [], 0.1)
                    try:
                        if readable:
                            said = line.recv(65536)
                            if not said:
                                return
                            self.answered += len(said)
                        if writable:
                            rest = rest or what * 400
                            rest = rest[line.send(rest):]
                    except BlockingIOError:
                        pass
                    except OSError:
                        return

        talker = threading.Thread(target=talk, daemon=True)
        talker.start()
        try:
            yield
        finally:
            ended.set()
            talker.join()

    def wait_power(self, on, seconds=60):
        wait_for(f"the computer's power is {'on' if on else 'off'}", lambda: self.power() == on, seconds)
        return time.monotonic()


def command(board, *words):
    """One command from a shell: its exit status, and its answer if there is one."""
    done = subprocess.run([program("fieldpost-supervisor"), f"{board.folder}/line", *words], text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.returncode, json.loads(done.stdout) if done.stdout else None


class Computer:
    """The client on the other end of the line."""

    def __init__(self, board):
        self.process = subprocess.Popen([program("fieldpost-supervisor"), f"{board.folder}/line"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)
        self.lines = queue.Queue()
        self.answers = queue.Queue()
        self.state = None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if "command" in said:
                self.answers.put(said)
            else:
                self.state = said.get("state")
                self.lines.put(said)

    def say(self, command, seconds=120):
        self.process.stdin.write(command + "\n")
        return self.answers.get(timeout=seconds)

    def wait_state(self, what, condition, seconds=60):
        """The first state from now on, or the last one, for which the condition holds."""
        if self.state and condition(self.state):
            return self.state
        deadline = time.monotonic() + seconds
        while True:
            try:
                said = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not within {seconds} s: {what}; last state {self.state}") from None
            if said.get("state") and condition(said["state"]):
                return said["state"]

    def log(self):
        return self.say("log")["log"]

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.stdout.close()
