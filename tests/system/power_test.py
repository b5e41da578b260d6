"""The vehicle's power goes, and comes back: the real daemon, the supervisor's real firmware in QEMU, the hub and the broker."""

import os
import signal
import sqlite3
import sys
import time
import unittest
from contextlib import closing, contextmanager

sys.path.insert(0, os.path.dirname(__file__))
import supervisor_board  # noqa: E402
from stack import wait_for  # noqa: E402
from supervisor_board import FIRMWARE, NAME, SOS, Computer  # noqa: E402
from vehicle import Crew, Vehicle  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "faults"))
from fault_stack import FaultStack  # noqa: E402

NEW_FIRMWARE = 0x000200
TRIAL_S = 60  # so long a new firmware has to work with the daemon: power_watch.cpp
MANY = 20
URGENT, WORK = 1, 2  # Lane


def supervisor_part(status):
    return next(part for part in status["parts"] if part["name"] == "supervisor")


@unittest.skipIf(supervisor_board.missing(), supervisor_board.missing())
class Power(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        supervisor_board.build()
        cls.stack = FaultStack(devices=1 + sum(name.startswith("test_") for name in dir(cls)))  # a car each
        cls.addClassCleanup(cls.stack.close)
        cls.stack.prepare()
        cls.cars = iter(cls.stack.devices)
        cls.stack.start_broker()
        cls.stack.start_hub()
        # Its minute goes by during the other tests.
        cls.updated = cls.with_new_firmware(Vehicle(next(cls.cars), host_watchdog_ms=10_000))

    @classmethod
    def with_new_firmware(cls, car):
        cls.addClassCleanup(car.close)
        file = car.board.folder / "new.fpfw"
        supervisor_board.sign(FIRMWARE / f"{NAME}-supervisor.bin", NEW_FIRMWARE, file)
        bench = car.on_the_bench()
        told = bench.say(f"update {file}")
        assert "ok" in told, told
        car.switch_off(bench)
        car.board.ignition(True)
        car.boot()
        car.began = time.monotonic()
        return car

    def vehicle(self, **how):
        car = Vehicle(next(self.cars), **how)
        self.addCleanup(self.leave, car)
        return car

    def leave(self, car):
        car.close()
        self.assertEqual(car.device.ends, [], "it ended only when its power was cut\n" + car.log()[-3000:])

    @contextmanager
    def hub_away(self):
        self.stack.hub.power_off()
        try:
            yield
        finally:
            self.stack.start_hub()

    @contextmanager
    def hub_slow(self):
        """It is connected, and answers nothing."""
        self.stack.hub.child.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.stack.hub.child.send_signal(signal.SIGCONT)

    def at_hub(self, car):
        """Ids of what the crew recorded, in order, as the hub has them."""
        query = f"SELECT id FROM operation WHERE device = ? AND lane IN ({URGENT}, {WORK}) ORDER BY lane, seq"
        with closing(sqlite3.connect(f"file:{self.stack.store}/hub.db?mode=ro", uri=True)) as hub:
            return [row[0] for row in hub.execute(query, (car.device.name,))]

    def hub_knows(self, car):
        """The crew's status, as the hub tells it."""
        self.stack.hub_api.close()  # the hub ends a connection that was idle for a minute
        devices = self.stack.hub_api.get("/api/v1/devices")["devices"]
        told = next(device for device in devices if device["id"] == car.device.name)["status"]
        return told and told["status"]

    def test_what_a_crew_saved_while_the_ignition_went_off_is_there_at_the_next_start_and_reaches_the_hub(self):
        car = self.vehicle(stay_s=3)
        car.drive()
        with self.hub_away():
            crew = Crew(car.device.port)
            self.addCleanup(crew.close)
            crew.start()
            wait_for("the crew is at work", lambda: len(crew.saved) >= MANY)
            asked = time.monotonic()
            car.board.ignition(False)
            car.wait_power("hold-up", lambda power: power["state"] == "hold_up")
            in_hold_up = len(crew.saved)
            self.assertGreater(car.board.wait_power(False) - asked, 3, "a crew has some seconds left")
            crew.join(20)
            self.assertGreater(len(crew.saved), in_hold_up)
            self.assertEqual(crew.refused, [])
            self.assertEqual(self.at_hub(car), [])

            car.board.ignition(True)
            told = car.wait_power("the next run", lambda power: power["cut_by"] != "unknown")["power"]
            self.assertEqual((told["started_by"], told["cut_by"], told["failed_runs"]), ("ignition", "done", 0))
            self.assertEqual(car.starts, 2)
            lost = set(crew.saved) - set(car.observations())
            self.assertEqual(len(lost), 0, f"of {len(crew.saved)} that were answered \"saved\"")
        wait_for("the hub has them", lambda: set(crew.saved) <= set(self.at_hub(car)))
        self.assertEqual(len(self.at_hub(car)), len(set(self.at_hub(car))), "none twice")

    def test_what_waits_is_sent_before_the_power_is_given_back(self):
        car = self.vehicle()
        car.drive()
        car.wait_hub()
        with self.hub_slow():
            saved = {car.observe(f"number {number}") for number in range(MANY)}
            car.board.ignition(False)
            told = car.wait_power("hold-up", lambda power: power["state"] == "hold_up")
            self.assertEqual(car.waiting(), MANY)
            self.assertEqual((told["power"]["off_cause"], told["power"]["ignition"]), ("ignition_off", False))
            self.assertGreater(told["power"]["off_in_s"], 60)
            self.assertIn("This device switches off within", " ".join(told["messages"]))
            self.assertTrue(car.board.power())
        car.board.wait_power(False)
        self.assertLessEqual(saved, set(self.at_hub(car)))

    def test_a_starter_motor_and_an_ignition_that_comes_back_in_time_end_nothing(self):
        car = self.vehicle(stay_s=60, crank_ms=60_000)
        before = car.drive()
        running = car.device.child.pid
        car.board.supply(7_000)
        told = car.wait_power("the starter turns", lambda power: power["supply"] == "cranking")
        self.assertEqual(told["power"]["state"], "on")
        car.board.supply(13_800)
        car.wait_power("it is over", lambda power: power["supply"] == "good")

        car.board.ignition(False)
        car.wait_power("hold-up", lambda power: power["state"] == "hold_up")
        car.board.ignition(True)
        after = car.wait_power("it goes on", lambda power: power["state"] == "on")
        self.assertEqual((after["started_at"], car.device.child.pid, car.starts), (before["started_at"], running, 1))
        self.assertIsNone(after["power"]["off_in_s"])
        self.assertFalse([text for text in after["messages"] if "switches off" in text])
        self.assertIn(car.observe("still here"), car.observations())

    def test_a_daemon_that_hangs_is_reset_and_says_so_afterwards(self):
        car = self.vehicle(host_watchdog_ms=4000)
        self.assertEqual(car.drive()["power"]["failed_runs"], 0)
        saved = car.observe("before it hung")
        car.hang()
        car.board.wait_power(False)
        told = car.wait_power("the next run", lambda power: power["cut_by"] != "unknown")["power"]
        self.assertEqual((told["started_by"], told["cut_by"], told["failed_runs"], told["watched"]),
                         ("again", "host_watchdog", 1, True))
        self.assertEqual(car.starts, 2)
        self.assertIn(saved, car.observations())

    def test_power_that_was_given_back_and_stays_gets_a_daemon_again(self):
        device = next(self.cars)
        self.addCleanup(device.power_off)
        device.config.write_text(device.config.read_text() + """
[supervisor]
driver = "sim"
script = "0 ignition off"
[power]
stay_s = 0
""")
        device.power_on()
        wait_for("it ends by itself", device.reap)
        self.assertEqual(device.ends, [75])  # the service manager starts it after any failure
        self.assertIn("ended 75", (device.state / "run").read_text(), "which its next health record tells")

    def test_the_sos_button_is_a_crews_sos_and_told_once(self):
        car = self.vehicle()
        car.drive()
        car.board.pin(SOS, True)
        told = car.wait_status("the crew asks for help", lambda told: told["crew"] and told["crew"]["status"] == "sos")
        car.board.pin(SOS, False)
        self.assertEqual(told["crew"]["note"], "SOS button")
        wait_for("the hub knows", lambda: self.hub_knows(car) == "sos")
        pressed = self.at_hub(car)
        self.assertEqual(len(pressed), 1)
        wait_for("it is noted as told", lambda: (car.device.state / "sos-reported").read_text().endswith(" 1\n"))

        # The program is started again, for the supervisor has power all the time.
        car.leave_alone()
        self.assertEqual(car.device.stop(), 0)
        car.device.wanted = False
        car.boot()
        car.wait_power("it is up again", lambda power: power["state"] == "on")
        code, available = car.device.api.post("/api/v1/statuses", {"status": "available"})
        self.assertEqual(code, 201, available)
        wait_for("the hub knows that all is well", lambda: self.hub_knows(car) == "available")
        self.assertEqual(self.at_hub(car), [*pressed, available["id"]])

    def test_a_battery_that_gets_low_ends_the_drive_and_stays_spared(self):
        car = self.vehicle(stay_s=600)
        car.drive()
        car.wait_hub()
        with self.hub_slow():
            saved = car.observe("while the battery is good")
            car.board.supply(11_000)
            told = car.wait_power("hold-up", lambda power: power["state"] == "hold_up")["power"]
            self.assertEqual((told["supply"], told["supply_mv"], told["off_cause"], told["ignition"]),
                             ("low", 11_000, "supply_low", True))
        car.board.wait_power(False)  # nobody stays for people: the battery is not theirs
        self.assertIn(saved, self.at_hub(car))
        car.board.supply(12_800)
        told = car.wait_power("the next run", lambda power: power["cut_by"] != "unknown")["power"]
        self.assertEqual((told["cut_by"], told["supply"]), ("done", "good"))

    def test_the_sos_button_wakes_a_parked_vehicle_with_a_low_battery_for_what_is_urgent_alone(self):
        car = self.vehicle()
        car.switch_off(car.on_the_bench())
        car.board.supply(11_000)
        car.boot()
        car.board.pin(SOS, True)
        told = car.wait_power("it is awake", lambda power: power["supply"] == "low")
        car.board.pin(SOS, False)
        self.assertEqual(told["power"]["started_by"], "sos")
        wait_for("the hub knows", lambda: self.hub_knows(car) == "sos")
        told = car.wait_hub()
        self.assertEqual((told["data"]["state"], told["data"]["fetch"]), ("none", None), "the city is not fetched")
        self.assertIn("The vehicle's battery is low (11.0 V): nothing large is fetched or sent.", told["messages"])

        car.board.supply(12_800)
        car.wait_status("the city is on board", lambda told: told["data"]["state"] == "ready")
        self.assertEqual(car.starts, 1)

    def test_the_supervisor_is_set_to_what_the_vehicle_wants_and_what_it_refuses_is_told(self):
        car = self.vehicle()
        config = car.device.config.read_text()
        car.device.config.write_text(config + "[supervisor.settings]\nlow_mv = 11000\nresume_mv = 12000\n")
        car.drive()
        wait_for("it is set", lambda: "it is set to low_mv = 11000, resume_mv = 12000" in car.log())
        car.leave_alone()
        self.assertEqual(car.device.stop(), 0)
        code, held = supervisor_board.command(car.board, "settings")
        self.assertEqual((code, held["low_mv"], held["resume_mv"], held["high_mv"]), (0, 11_000, 12_000, 16_500))

        car.device.wanted = False
        car.device.config.write_text(config + "[supervisor.settings]\nlow_mv = 99000\n")
        car.boot()
        told = car.wait_status("it is told", lambda told: any("low_mv = 99000" in text for text in told["messages"]))
        self.assertEqual(told["power"]["state"], "on")

    def test_a_torn_line_is_a_broken_part_and_nothing_ends(self):
        car = self.vehicle()
        car.drive()
        car.wait_status("it is well", lambda told: supervisor_part(told)["state"] == "ok")
        car.leave_alone()
        car.board.power_loss()
        told = car.wait_status("it is told", lambda told: supervisor_part(told)["state"] == "broken")
        said = [text for text in told["messages"] if text.startswith("Supervisor: ")]
        self.assertEqual(len(said), 1, told["messages"])
        self.assertTrue(said[0].endswith("."), said)
        self.assertIsNone(told["power"])
        self.assertIn(car.observe("without a supervisor"), car.observations())

        car.board.power_up()
        told = car.wait_power("it is back", lambda power: power["state"] == "on")
        self.assertEqual(supervisor_part(told)["state"], "ok")
        self.assertFalse([text for text in told["messages"] if text.startswith("Supervisor: ")])
        self.assertTrue(car.device.running())

    def test_working_with_the_daemon_for_a_minute_keeps_the_supervisors_new_firmware(self):
        car = self.updated
        told = car.wait_power("it runs", lambda power: power["state"] == "on")
        self.assertEqual(told["power"]["firmware"], "0.2.0")
        wait_for("it is kept", lambda: "works and is kept" in car.log(), TRIAL_S + 60)
        self.assertGreater(time.monotonic() - car.began, TRIAL_S)
        car.leave_alone()
        self.assertEqual(car.device.stop(), 0)
        bench = Computer(car.board)
        self.addCleanup(bench.close)
        state = bench.wait_state("the line is up", lambda state: True)
        self.assertEqual((state["version"], state["trial"]), (NEW_FIRMWARE, False))


if __name__ == "__main__":
    unittest.main()
