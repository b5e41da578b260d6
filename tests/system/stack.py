"""The real programs, started and stopped by a test: broker, hub, device, each killable at any moment.

Standard library only. Every wait has a limit and ends on the event it waits for.
"""

import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FIELDPOST_BUILD", ROOT / "build" / "release")).resolve()
MAPPINGS = ROOT / "daemon" / "hub" / "sources" / "mappings"


def program(name):
    return str(BUILD / "bin" / name)


def free_port():
    """One below those that the kernel gives to connections, which could take it before it is used."""
    while True:
        port = random.randrange(12_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(what, condition, seconds=60):
    """Asks until the condition gives something true; fails with `what` when it does not come in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Client:
    """JSON, or bytes as they are, over HTTP, on a port or a Unix socket; one connection, made again when it is gone."""

    def __init__(self, target, timeout=30):
        self.target = target
        self.timeout = timeout
        self.connection = None

    def request(self, method, path, body=None):
        if self.connection is None:
            if isinstance(self.target, int):
                self.connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=self.timeout)
            else:
                self.connection = UnixConnection(str(self.target), self.timeout)
        try:
            raw = body is None or isinstance(body, bytes)
            payload = body if raw else json.dumps(body)
            headers = {} if raw else {"Content-Type": "application/json"}
            self.connection.request(method, path, payload, headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        kind = answer.headers.get("Content-Type", "")
        return answer.status, json.loads(text) if "json" in kind else text.decode()

    def get(self, path):
        status, body = self.request("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {body}")
        return body

    def post(self, path, body):
        return self.request("POST", path, body)

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Process:
    """A child that is killed without mercy or asked to stop, and started again."""

    def __init__(self, name, command, folder, env=None):
        self.name = name
        self.command = command
        self.log = open(folder / f"{name}.log", "ab")
        self.env = env
        self.child = None

    def start(self):
        assert self.child is None
        self.child = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                      env=self.env)

    def kill(self):
        if self.child is not None:
            self.child.send_signal(signal.SIGKILL)
            self.child.wait()
            self.child = None

    def stop(self, seconds=20):
        """Asks with SIGTERM; the exit code."""
        if self.child is None:
            return None
        self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop within {seconds} s")
        finally:
            self.child = None

    def running(self):
        return self.child is not None and self.child.poll() is None


class Stack:
    """A folder with a city, a broker, a hub and one device."""

    def __init__(self, name="stack", profile="inspector", device="car-1"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"fieldpost-{name}-"))
        self.profile = profile
        self.device_id = device
        self.store = self.folder / "hub"
        self.broker_port = free_port()
        self.hub_port = free_port()
        self.device_port = free_port()
        self.state = self.folder / "device"
        self.socket = self.state / "fieldpostd.sock"
        config = self.folder / "mosquitto.conf"
        config.write_text(f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
                          + ("user root\n" if os.geteuid() == 0 else ""))
        self.broker = Process("broker", [shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"),
                                         "-c", str(config)], self.folder)
        self.hub = Process("hub", [program("fieldpost-hub"), "serve", "--store", str(self.store), "--broker-port",
                                   str(self.broker_port), "--http-port", str(self.hub_port)], self.folder)
        self.device_config = self.folder / "fieldpostd.toml"
        self.device = Process("device", [program("fieldpostd"), "--config", str(self.device_config)], self.folder)
        self.hub_api = Client(self.hub_port)
        self.api = Client(self.device_port)

    def write_device_config(self, gnss='driver = "empty"', web=""):
        self.device_config.write_text(f"""
[device]
id = "{self.device_id}"
state = "{self.state}"
[hub]
public_key = "{self.store}/hub.pub"
port = {self.broker_port}
[http]
port = {self.device_port}
{f'web = "{web}"' if web else ''}
[gnss]
{gnss}
""")

    def run(self, *command, check=True):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def hub_command(self, *arguments, check=True):
        return self.run(program("fieldpost-hub"), *arguments, check=check)

    def make_city(self, properties=1000, seed=7, name="city", extra=()):
        folder = self.folder / name
        self.run(program("fieldpost-city"), "--seed", seed, "--properties", properties, "--out", folder, *extra)
        return folder

    def import_city(self, data, city=None, check=True, extra=()):
        done = self.hub_command("import", "--store", self.store, "--city", city or MAPPINGS / "sample", "--data", data,
                                "--json", *extra, check=False)
        # 3: imported, but a dataset needs a person; its report says which.
        if check and done.returncode not in (0, 3):
            raise AssertionError(f"import: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip().startswith("{") else None, done

    def register(self):
        self.hub_command("device", "add", self.device_id, "--profile", self.profile, "--store", self.store,
                         "--key-file", self.state / "device.key")

    def snapshot(self):
        return self.hub_command("snapshot", "--store", self.store, "--profile", self.profile)

    def prepare(self, properties=1000, **device):
        """A city at the hub, a registered device, a snapshot; nothing runs yet."""
        data = self.make_city(properties)
        self.import_city(data)
        self.register()
        self.snapshot()
        self.write_device_config(**device)
        return data

    def start_broker(self):
        self.broker.start()

        def listening():
            try:
                socket.create_connection(("127.0.0.1", self.broker_port), timeout=1).close()
                return True
            except OSError:
                return False

        wait_for("the broker listens", listening, 10)

    def start_hub(self):
        self.hub.start()
        self.wait_for_answer("the hub answers", self.hub_api)

    def start_device(self):
        self.device.start()
        self.wait_for_answer("the device answers", self.api)

    def wait_for_answer(self, what, client):
        try:
            wait_for(what, lambda: self.answers(client), 30)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.logs()}") from None

    @staticmethod
    def answers(client):
        try:
            return client.get("/api/v1/status")
        except (OSError, http.client.HTTPException):
            return None

    def status(self):
        return self.api.get("/api/v1/status")

    def wait_ready(self, seconds=120):
        return wait_for("the device has the city and is caught up",
                        lambda: (lambda s: s if s["data"]["state"] == "ready" and s["data"]["properties"] > 0
                                 and s["link"]["hub"] == "present" else None)(self.status()), seconds)

    def start(self):
        self.start_broker()
        self.start_hub()
        self.start_device()
        return self.wait_ready()

    def logs(self):
        out = []
        for path in sorted(self.folder.glob("*.log")):
            out.append(f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-30:]))
        return "\n".join(out)

    def close(self, keep=False):
        for process in (self.device, self.hub, self.broker):
            process.kill()
            process.log.close()
        self.api.close()
        self.hub_api.close()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
