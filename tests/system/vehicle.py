"""A vehicle: the supervisor's firmware on QEMU's board, and fieldpostd, which runs while that board gives it power.

When the board takes the power away, fieldpostd is gone at once, and with it whatever its disk was not told to keep
(tests/faults/README.md). When power comes, it starts.
"""

import http.client
import os
import signal
import sys
import threading
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "faults"))
from fault_stack import Client, Stack, wait_for  # noqa: E402
from supervisor_board import Board, Computer  # noqa: E402

# Short, so that nobody waits for a minute. Power is off for long enough to be seen on a busy machine.
QUICK = {"ignition_off_ms": 200, "off_ms": 1500, "low_ms": 200}


class Vehicle:
    """`device` is one of a FaultStack's; `settings` are the supervisor's, besides QUICK."""

    def __init__(self, device, stay_s=0, **settings):
        self.device = device
        self.settings = dict(QUICK, **settings)
        self.starts = 0  # of fieldpostd
        self.parked = threading.Event()
        self.computer = None
        self.board = Board()
        device.config.write_text(device.config.read_text() + f"""
[supervisor]
driver = "serial"
path = "{self.board.folder}/line"
retry_max_ms = 500
[power]
stay_s = {stay_s}
""")
        self.board.power_up()

    # --- the workbench: the board's line is a person's, fieldpostd does not run ---

    def on_the_bench(self):
        """Ignition on, and a person in fieldpostd's place."""
        self.board.ignition(True)
        self.board.wait_power(True)
        bench = Computer(self.board)
        bench.wait_state("the line is up", lambda state: True)
        changes = " ".join(f"{name} {value}" for name, value in self.settings.items())
        told = bench.say(f"set {changes}")
        assert "ok" in told, told
        return bench

    def switch_off(self, bench):
        self.board.ignition(False)
        bench.wait_state("hold-up", lambda state: state["power"] == "hold_up")
        told = bench.say("done")
        assert "ok" in told, told
        self.board.wait_power(False)
        bench.close()

    # --- the computer ---

    def drive(self):
        """Ignition on; fieldpostd is up and feeds the supervisor."""
        self.on_the_bench().close()
        self.boot()
        return self.wait_power("the supervisor is fed", lambda power: power["state"] == "on")

    def boot(self):
        """From now on the computer lives by the board's power."""
        assert self.computer is None
        self.parked.clear()
        self.computer = threading.Thread(target=self._live, daemon=True)
        self.computer.start()

    def _live(self):
        while not self.parked.wait(0.02):
            if not self.board.power():
                if self.device.wanted:
                    self.device.power_off()
            elif not self.device.wanted or (self.device.reap() and self.device.ends[-1] != 0):  # as systemd would
                self.starts += 1
                self.device.power_on(power_cut=True)

    def leave_alone(self):
        """Whatever the board does, the computer stays as it is."""
        self.parked.set()
        if self.computer:
            self.computer.join()
        self.computer = None

    def close(self):
        self.leave_alone()
        self.device.power_off()
        self.device.api.close()
        self.board.close()

    def hang(self):
        self.device.child.send_signal(signal.SIGSTOP)

    # --- what people see ---

    def status(self):
        """None while nobody answers."""
        return Stack.answers(self.device.api)

    def wait_status(self, what, condition, seconds=60):
        def look():
            told = self.status()
            return told if told and condition(told) else None

        try:
            return wait_for(what, look, seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}; last: {self.status()}\n{self.log()[-3000:]}") from None

    def wait_power(self, what, condition, seconds=60):
        return self.wait_status(what, lambda told: told["power"] and condition(told["power"]), seconds)

    def wait_hub(self):
        return self.wait_status("the hub is there", lambda told: told["link"]["hub"] == "present")

    def log(self):
        with open(self.device.log.name, errors="replace") as log:
            return log.read()

    def observe(self, note):
        """The id of what was saved."""
        code, told = self.device.api.post("/api/v1/observations", {"id": str(uuid.uuid4()), "kind": "note", "note": note})
        assert code == 201, told
        return told["id"]

    def observations(self):
        """What is on board, by id."""
        told = self.device.api.get("/api/v1/observations?limit=5000")
        return {one["id"]: one for one in told["observations"]}

    def waiting(self):
        """How much of a crew's work the hub has not acknowledged."""
        lanes = self.status()["journal"]["lanes"]
        return sum(lane["waiting"] - lane["positions"] for lane in lanes if lane["lane"] in ("urgent", "work"))


class Crew(threading.Thread):
    """Records one thing after another until nobody answers any more."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.client = Client(port, timeout=10)
        self.saved = []    # ids that were answered "saved"
        self.refused = []  # answers of another kind
        self.home = threading.Event()

    def run(self):
        while not self.home.wait(0.01):
            body = {"id": str(uuid.uuid4()), "kind": "note", "note": f"observation {len(self.saved)}"}
            try:
                code, told = self.client.post("/api/v1/observations", body)
            except (OSError, http.client.HTTPException):
                return
            if code == 201:
                self.saved.append(told["id"])
            else:
                self.refused.append((code, told))

    def close(self):
        self.home.set()
        self.join()
        self.client.close()
