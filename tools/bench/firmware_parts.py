"""What the supervisor's firmware takes of its chip, as the build measures it."""

import json
import subprocess

from figures import ROOT

BOARD = "qemu/lm3s6965evb"


def firmware(report):
    subprocess.run([ROOT / "tools" / "firmware", "build"], check=True)
    size = json.loads((ROOT / "build" / "firmware" / (BOARD.replace("/", "-") + ".json")).read_text())
    report.entry("firmware_flash_bytes", size["firmware_flash_bytes"], "bytes", f"{BOARD}: boot stage and two slots")
    report.entry("firmware_ram_bytes", size["firmware_ram_bytes"], "bytes",
                 f"{BOARD}: the program, which runs in RAM, its data and its deepest stack")
