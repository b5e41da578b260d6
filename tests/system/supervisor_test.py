"""The supervisor's firmware, run by QEMU: what it does with the computer's power, its watchdogs, log and updates."""

import os
import pathlib
import struct
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import supervisor_board  # noqa: E402
from stack import wait_for  # noqa: E402
from supervisor_board import FIRMWARE, NAME, SOS, TAMPER, Board, Computer  # noqa: E402

# Short, so that nobody waits for a minute; what must not run out on a busy machine stays long.
QUICK = "set off_ms 500 ignition_off_ms 200"
WATCHDOG, BOOT_FAILED = 3, 4  # CutReason


@unittest.skipIf(supervisor_board.missing(), supervisor_board.missing())
class Supervisor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        supervisor_board.build()

    def setUp(self):
        self.board = Board()
        self.addCleanup(self.board.close)
        self.board.power_up()

    def computer(self):
        computer = Computer(self.board)
        self.addCleanup(computer.close)
        return computer

    def drive(self, settings=QUICK):
        """A vehicle with its ignition on, its computer up and settled."""
        self.board.ignition(True)
        self.board.wait_power(True)
        computer = self.computer()
        computer.wait_state("the line is up", lambda s: True)
        if settings:
            self.assertIn("ok", computer.say(settings))
        computer.say("feed 600")
        computer.wait_state("the computer is on", lambda s: s["power"] == "on")
        return computer

    def switch_off(self, computer):
        """The ignition goes off, and the computer finishes."""
        self.board.ignition(False)
        computer.wait_state("hold-up", lambda s: s["power"] == "hold_up")
        self.assertIn("ok", computer.say("done"))
        self.board.wait_power(False)

    def events(self, computer, *names):
        return [(one["what"], one["argument"]) for one in computer.log() if not names or one["what"] in names]

    def image(self, version, body=None, board="qemu/lm3s6965evb"):
        """A signed update file."""
        file = self.board.folder / f"v{version:x}.fpfw"
        path = FIRMWARE / f"{NAME}-supervisor.bin"
        if body is not None:
            path = self.board.folder / "body"
            path.write_bytes(body)
        supervisor_board.sign(path, version, file, board)
        return file

    def test_one_command_is_given_from_a_shell_and_a_feed_is_known_to_have_come(self):
        self.board.ignition(True)
        self.board.wait_power(True)
        self.assertEqual(supervisor_board.command(self.board, "feed", "600"), (0, {"command": "feed", "ok": True}))
        computer = self.computer()
        computer.wait_state("the computer is on", lambda s: s["power"] == "on")
        computer.close()

        code, told = supervisor_board.command(self.board, "set", "low_mv", "23200")
        self.assertEqual((code, "error" in told), (1, True), "not above resume_mv")
        code, told = supervisor_board.command(
            self.board, "set", "crank_mv", "17000", "low_mv", "23200", "resume_mv", "24400", "high_mv", "33000")
        self.assertEqual(code, 0, told)
        code, told = supervisor_board.command(self.board, "settings")
        self.assertEqual((code, told["low_mv"], told["high_mv"]), (0, 23200, 33000))
        self.board.power_loss()
        self.assertEqual(supervisor_board.command(self.board, "feed", "600"), (1, None))

    def test_ignition_off_asks_the_computer_to_finish_and_power_goes_when_it_has(self):
        computer = self.drive()
        self.board.ignition(False)
        state = computer.wait_state("hold-up", lambda s: s["power"] == "hold_up")
        self.assertEqual(state["hold_up_cause"], "ignition_off")
        self.assertGreater(state["deadline_ms"], 60_000)
        self.assertTrue(self.board.power())
        self.assertIn("ok", computer.say("done"))
        self.board.wait_power(False)

        self.board.ignition(True)
        self.board.wait_power(True)
        state = computer.wait_state("the next run", lambda s: s["run"] == 2)
        self.assertEqual((state["started_by"], state["cut_by"]), ("ignition", "done"))

    def test_a_computer_that_does_not_finish_is_cut_at_the_deadline_and_not_before(self):
        computer = self.drive(QUICK + " hold_up_ms 3000")
        asked = time.monotonic()
        self.board.ignition(False)
        computer.wait_state("hold-up", lambda s: s["power"] == "hold_up")
        self.assertGreater(self.board.wait_power(False) - asked, 3.0)

    def test_a_computer_that_talks_without_a_pause_is_cut_at_the_deadline_too(self):
        for what in (supervisor_board.NOISE, supervisor_board.READ_LOG):
            with self.subTest(what=what):
                computer = self.drive(QUICK + " hold_up_ms 5000")
                computer.close()
                with self.board.flood(what):
                    self.board.ignition(False)
                    self.board.wait_power(False, 30)
                if what == supervisor_board.READ_LOG:
                    self.assertGreater(self.board.answered, 1000, "it did ask")

    def test_a_hung_computer_is_reset_and_after_some_tries_left_alone(self):
        computer = self.drive(QUICK + " boot_tries 2 host_watchdog_ms 1000 boot_ms 3000")
        computer.say("feed")  # the last one
        state = computer.wait_state("it is left alone", lambda s: s["unwatched"])
        self.assertEqual((state["run"], state["started_by"], state["cut_by"]), (2, "again", "host_watchdog"))
        self.assertTrue(self.board.power())
        self.assertTrue(self.board.outputs() & supervisor_board.FAULT_LAMP)
        self.assertIn(("power_cut", WATCHDOG), self.events(computer, "power_cut"))

    def test_a_weak_battery_is_spared_and_a_starter_motor_ridden_through(self):
        computer = self.drive(QUICK + " low_ms 1000 crank_ms 60000")
        self.board.supply(7000)
        computer.wait_state("the starter turns", lambda s: s["supply"] == "cranking")
        self.board.supply(13800)
        state = computer.wait_state("it is over", lambda s: s["supply"] == "good" and s["supply_mv"] == 13800)
        self.assertEqual(state["power"], "on")

        self.board.supply(11000)
        state = computer.wait_state("hold-up", lambda s: s["power"] == "hold_up")
        self.assertEqual((state["supply"], state["hold_up_cause"]), ("low", "supply_low"))
        computer.say("done")
        self.board.wait_power(False)
        self.board.supply(11900)  # its load is gone: no reason to begin again
        time.sleep(2)
        self.assertFalse(self.board.power())
        self.board.supply(12800)
        self.board.wait_power(True)

    def test_timer_and_sos_button_wake_a_parked_vehicle_and_an_open_case_is_told(self):
        computer = self.drive(QUICK + " wake_ms 10000 hold_up_ms 20000")
        self.assertIn("ok", computer.say("wake 8"))
        self.switch_off(computer)
        cut = time.monotonic()
        self.assertGreater(self.board.wait_power(True, 120) - cut, 25)  # it rests for as long as a wake may take
        computer.wait_state("the timer woke it", lambda s: s["started_by"] == "timer")
        self.assertIn("ok", computer.say("done"))
        self.board.wait_power(False)

        self.board.pin(SOS, True)
        self.board.wait_power(True)
        self.board.pin(SOS, False)
        computer.wait_state("the button woke it", lambda s: s["started_by"] == "sos" and s["sos_presses"] == 1)
        self.assertTrue(self.board.outputs() & supervisor_board.SOS_LAMP)
        self.board.pin(TAMPER, True)
        computer.wait_state("the case is open", lambda s: s["tamper"] and s["tamper_openings"] == 1)

    def test_settings_and_the_log_outlive_the_battery(self):
        computer = self.drive()
        before = computer.log()
        self.board.power_loss()
        self.board.power_up()
        computer.close()
        computer = self.drive(settings=None)
        self.assertEqual(computer.say("settings")["off_ms"], 500)
        after = computer.log()
        self.assertEqual(after[: len(before)], before)
        self.assertEqual(after[len(before)]["what"], "supervisor_started")
        self.assertEqual(after[len(before)]["starts"], before[-1]["starts"] + 1)

    def test_a_setting_that_is_out_of_range_is_refused_and_changes_nothing(self):
        computer = self.drive()
        before = computer.say("settings")
        self.assertIn("takes no such value", computer.say("set hold_up_ms 10")["error"])
        self.assertIn("'hold_up'", computer.say("set hold_up 10")["error"])
        self.assertEqual(computer.say("settings"), before)

    def test_an_update_starts_when_power_is_next_off_and_stays_when_confirmed(self):
        computer = self.drive()
        self.assertIn("ok", computer.say(f"update {self.image(0x000200)}"))
        state = computer.wait_state("it waits", lambda s: s["update_waits"])
        self.assertEqual(state["version"], 0x000100)
        self.switch_off(computer)
        self.board.ignition(True)
        state = computer.wait_state("the new firmware", lambda s: s["version"] == 0x000200)
        self.assertEqual((state["slot"], state["trial"], state["run"]), (1, True, 2))
        self.assertIn("not confirmed", computer.say(f"update {self.image(0x000300)}")["error"])
        self.assertIn("ok", computer.say("confirm"))
        computer.wait_state("it is kept", lambda s: not s["trial"])

        self.board.power_loss()
        computer.close()
        self.board.power_up()
        computer = self.drive(settings=None)
        self.assertEqual(computer.state["version"], 0x000200)
        self.assertIn("older", computer.say(f"update {self.image(0x000100)}")["error"])

    def test_a_file_that_is_damaged_unsigned_or_for_another_board_is_refused(self):
        computer = self.drive()
        good = self.image(0x000200).read_bytes()
        bad = pathlib.Path(self.board.folder / "bad")

        def refusal(content):
            bad.write_bytes(content)
            return computer.say(f"update {bad}")["error"]

        self.assertIn("hash does not hold", refusal(good[:5000] + bytes([good[5000] ^ 1]) + good[5001:]))
        self.assertIn("not signed", refusal(good[:12] + struct.pack("<I", 0x000900) + good[16:]))
        self.assertIn("no firmware", refusal(b"x" * 1000))
        self.assertIn("too large", refusal(good.ljust(50_000, b"x")))  # the slot would take it, the RAM would not
        self.assertIn("another board", refusal(self.image(0x000200, board="st/nucleo-g0b1re").read_bytes()))
        self.assertIn(("update_refused", 9), self.events(computer))  # the first; more within seconds are not noted
        self.switch_off(computer)
        self.board.ignition(True)
        self.assertEqual(computer.wait_state("the next run", lambda s: s["run"] == 2)["version"], 0x000100)

    def test_an_update_with_which_the_computer_does_not_start_is_taken_back(self):
        computer = self.drive(QUICK + " boot_ms 3000")
        self.assertIn("ok", computer.say(f"update {self.image(0x000200)}"))
        self.switch_off(computer)
        self.board.ignition(True)
        computer.wait_state("the new firmware", lambda s: s["version"] == 0x000200)
        # It never feeds.
        state = computer.wait_state("the one before", lambda s: s["version"] == 0x000100)
        self.assertEqual((state["slot"], state["trial"]), (0, False))
        log = self.events(computer, "power_cut", "update_rolled_back")
        self.assertEqual(log[-2:], [("power_cut", BOOT_FAILED), ("update_rolled_back", 0)])

    def test_a_firmware_that_hangs_is_left_after_three_starts_of_its_own(self):
        computer = self.drive()
        first = 0x20000100 + 8
        hangs = struct.pack("<II", 0x2000FC00, first | 1) + b"\xfe\xe7" * 8  # "b ." for ever
        self.assertIn("ok", computer.say(f"update {self.image(0x000200, hangs)}"))
        self.switch_off(computer)
        self.board.ignition(True)
        self.board.wait_power(True, 120)
        state = computer.wait_state("the one before", lambda s: s["run"] == 2)
        self.assertEqual((state["version"], state["slot"]), (0x000100, 0))
        self.assertIn(("update_rolled_back", 0), self.events(computer))

    def test_a_hung_supervisor_is_reset_by_its_watchdog_and_the_computer_keeps_its_power(self):
        computer = self.drive(QUICK)
        began = time.monotonic()
        self.board.ignition(False)
        before = computer.wait_state("hold-up", lambda s: s["power"] == "hold_up")
        self.board.ask("writel 0xe000e010 0")  # its tick stops, so its loop never goes on
        after = computer.wait_state("it is back", lambda s: s["resets"] == 1)
        self.assertTrue(self.board.power())
        self.assertEqual((after["power"], after["run"]), ("hold_up", before["run"]))
        # Its clock stands still while it hangs: the deadline comes later by that, four seconds, and never nearer.
        passed_ms = (time.monotonic() - began) * 1000
        self.assertLessEqual(after["deadline_ms"], before["deadline_ms"])
        self.assertGreaterEqual(after["deadline_ms"], before["deadline_ms"] - passed_ms)
        self.assertEqual(self.events(computer, "power_cut", "supervisor_started")[-1], ("supervisor_started", 2))

    def test_a_supervisor_that_is_reset_without_end_takes_the_power_until_it_works_again(self):
        computer = self.drive(QUICK)
        self.board.ask(f"writel {supervisor_board.RESETS:#x} {0x52530000 + 150}")  # 150 resets in ten minutes
        self.board.ask("writel 0xe000e010 0")  # its tick stops, so its loop never goes on
        self.board.wait_power(False)
        off = time.monotonic()
        self.assertGreater(self.board.wait_power(True, 180) - off, 50)
        state = computer.wait_state("the next run", lambda s: s["run"] == 2)
        self.assertEqual((state["started_by"], state["cut_by"], state["resets"]), ("ignition", "unknown", 1))

    def test_a_supervisor_without_a_firmware_gives_no_power_and_tries_again(self):
        self.board.power_loss()
        for slot in ("slot0", "slot1"):
            (self.board.folder / slot).write_bytes(b"\xff" * supervisor_board.EEPROM)
        self.board.power_up()
        self.board.ignition(True)
        wait_for("it has begun again", lambda: int(self.board.ask(f"readl {supervisor_board.RESETS:#x}"), 16) & 0xFFFF > 2, 120)
        self.assertFalse(self.board.power())


if __name__ == "__main__":
    unittest.main()
