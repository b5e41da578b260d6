#!/usr/bin/env python3
"""sizes.py BUILD-FOLDER BOARD: what a board's firmware takes of flash and RAM, the deepest stack included.

The stack is found from GCC's call graphs (-fcallgraph-info=su): the deepest way down from reset_handler, plus the deepest
interrupt with a non-maskable one in it, and the frame that the core pushes for each. An indirect call may reach whatever
nobody calls directly, three such calls inside one another (rule, event log, region, EEPROM). Functions that come back to themselves do so three deep (nanopb:
report, page, entry). What the C library takes is not in the graphs and counted as 64 bytes a call. Fails when the stack does not fit. The figures also go to BUILD-FOLDER/BOARD.json.
"""

import json
import pathlib
import re
import struct
import subprocess
import sys

LIBRARY_CALL = 64
EXCEPTION_FRAME = 32 + 4
NESTED = 3
INDIRECT = 3
INTERRUPTS = ("tick_interrupt", "serial_interrupt", "fault_handler")
NMI = "nmi_interrupt"


def sections(elf):
    out = subprocess.run(["arm-none-eabi-size", "-A", elf], check=True, capture_output=True, text=True).stdout
    return {m[1]: int(m[2]) for m in re.finditer(r"^(\.\S+)\s+(\d+)\s+\d+$", out, re.M)}


def symbols(elf):
    out = subprocess.run(["arm-none-eabi-nm", elf], check=True, capture_output=True, text=True).stdout
    return {name: int(at, 16) for at, _, name in (line.split() for line in out.splitlines() if len(line.split()) == 3)}


class Calls:
    def __init__(self, folder, program, linked):
        self.frame, self.below = {}, {}
        # A program's own objects, and those of its board's libraries.
        name = program.rsplit("-", 1)[0]
        for graph in [p for d in (program, f"{name}-libraries") for p in (folder / "CMakeFiles" / f"{d}.dir").rglob("*.ci")]:
            self.read(graph.read_text())
        self.frame = {f: size for f, size in self.frame.items() if f.split(":")[-1] in linked or ":" in f}
        called = {to for callees in self.below.values() for to in callees}
        self.loose = [f for f in self.frame if f not in called and f.split(":")[-1] not in ("reset_handler", NMI, *INTERRUPTS)]

    def read(self, text):
        for m in re.finditer(r'node: \{ title: "([^"]+)" label: "[^"]*?(\d+) bytes \((\w+)', text):
            if m[3] not in ("static", "dynamic"):
                raise SystemExit(f"the stack of {m[1]} cannot be told: {m[3]}")
            self.frame[m[1]] = int(m[2])
        for m in re.finditer(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
            self.below.setdefault(m[1], set()).add(m[2])

    def recursion(self):
        """What the functions that can come back to themselves take when they do."""
        def reaches_itself(function):
            seen, waiting = set(), list(self.below.get(function, ()))
            while waiting:
                one = waiting.pop()
                if one == function:
                    return True
                if one not in seen:
                    seen.add(one)
                    waiting += self.below.get(one, ())
            return False

        return (NESTED - 1) * sum(size for f, size in self.frame.items() if reaches_itself(f))

    def depth(self, root):
        indirect = 0
        for _ in range(INDIRECT + 1):
            known = {"__indirect_call": indirect}
            deepest = self.walk(root, known)
            indirect = max((self.walk(f, known) for f in self.loose), default=0)
        return deepest + self.recursion()

    def walk(self, function, known):
        if function not in known:
            known[function] = 0  # should it come back to itself: see recursion()
            below = max((self.walk(f, known) for f in self.below.get(function, ())), default=0)
            known[function] = self.frame.get(function, LIBRARY_CALL) + below
        return known[function]


def measure(folder, name, stage):
    program = f"{name}-{stage}"
    elf = folder / f"{program}.elf"
    at = symbols(elf)
    calls = Calls(folder, program, set(at))
    stack = calls.depth("reset_handler") + calls.depth(NMI) + EXCEPTION_FRAME
    if stage == "supervisor":
        stack += max(calls.depth(f) for f in INTERRUPTS) + EXCEPTION_FRAME
    room = at["stack_top"] - at["bss_end"]
    if stack > room:
        raise SystemExit(f"{program}: the stack may take {stack} bytes, and there are {room}")
    size = sections(elf)
    return {
        "program": size[".text"] + size.get(".data", 0) + size.get(".ARM.exidx", 0),
        "data": size.get(".bss", 0) + size.get(".retained", 0) + (size.get(".data", 0) if stage == "boot" else 0),
        "stack": stack,
    }


def main():
    folder, board = pathlib.Path(sys.argv[1]), sys.argv[2]
    name = board.replace("/", "-")
    boot, supervisor = (measure(folder, name, stage) for stage in ("boot", "supervisor"))
    image = (folder / f"{name}.fpfw").stat().st_size
    (magic,) = struct.unpack_from("4s", (folder / f"{name}.fpfw").read_bytes())
    assert magic == b"FPFW"
    flash = boot["program"] + 2 * image
    ram = image + supervisor["data"] + supervisor["stack"]
    figures = {"firmware_flash_bytes": flash, "firmware_ram_bytes": ram, "boot": boot, "supervisor": supervisor}
    (folder / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(f"firmware {board}: boot stage {boot['program']} bytes, update file {image}; flash with both slots {flash}; "
          f"RAM at worst {ram} (program {image}, data {supervisor['data']}, stack {supervisor['stack']})")


main()
