"""The DICOM driver without a gateway: it runs in a child process, and the test plays the gateway.

`with DicomModule(options) as module:` starts it; `module.on["find"] = function(message)` answers what it asks by a list
of messages; `module.wait_for(kind, …)` waits for what it tells. Stores are answered with 0000 unless told otherwise.
"""
import base64
import itertools
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("HILUM_BIN", ROOT / ".build" / "debug"))


class Message:
    def __init__(self, kind, fields=(), body=b"", id=0):
        self.kind, self.body, self.id = kind, body, id
        self.fields = [(str(k), str(v)) for k, v in (fields.items() if isinstance(fields, dict) else fields)]

    def __getitem__(self, name):
        return next((v for k, v in self.fields if k == name), "")

    def all(self, name):
        return [v for k, v in self.fields if k == name]

    def __repr__(self):
        return f"{self.kind} {self.id} {dict(self.fields)} {len(self.body)} bytes"


def answer(message, status="0000", body=b"", **fields):
    return Message("answer", {"status": status, **fields}, body, message.id)


class DicomModule:
    def __init__(self, options, path=None, wrapper=()):
        self.options = options
        self.wrapper = list(wrapper)
        self.path = pathlib.Path(path or BIN / "libhilum-driver-dicom.so")
        self.messages = []
        self.changed = threading.Condition()
        self.on = {"stored": lambda m: [answer(m)]}
        self.ids = itertools.count(1)

    def __enter__(self):
        child = pathlib.Path(__file__).with_name("dicom_child.py")
        self.process = subprocess.Popen(
            self.wrapper + [sys.executable, str(child), str(self.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdin.write(json.dumps(self.options).encode() + b"\n")
        self.process.stdin.flush()
        self.writing = threading.Lock()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.started = self.wait_for("started")
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """The code with which the process ended."""
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(10)
        self.process.stdout.close()
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait()

    def _read(self):
        for line in self.process.stdout:
            document = json.loads(line)
            message = Message(
                document["kind"], [tuple(f) for f in document["fields"]], base64.b64decode(document["body"]),
                document["id"])
            with self.changed:
                self.messages.append(message)
                self.changed.notify_all()
            handler = self.on.get(message.kind)
            for reply in (handler(message) if handler else []):
                self.send(reply)

    def send(self, message):
        line = json.dumps({"id": message.id, "kind": message.kind, "fields": message.fields,
                           "body": base64.b64encode(message.body).decode()})
        with self.writing:
            try:
                self.process.stdin.write(line.encode() + b"\n")
                self.process.stdin.flush()
            except (OSError, ValueError):
                pass  # it was killed

    def ask(self, kind, fields=(), body=b"", timeout=60):
        """Sends a request and waits for its result."""
        message = Message(kind, fields, body, next(self.ids))
        self.send(message)
        return self.wait_for("result", lambda m: m.id == message.id, timeout)

    def wait_for(self, kind, matching=lambda m: True, timeout=60):
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                for message in self.messages:
                    if message.kind == kind and matching(message):
                        return message
                left = deadline - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self.reader.is_alive()):
                    raise AssertionError(f"no {kind} came; what came: {self.messages[-20:]}")
                self.changed.wait(min(left, 1))

    def all(self, kind):
        with self.changed:
            return [m for m in self.messages if m.kind == kind]

    @property
    def ports(self):
        return [int(m["port"]) for m in self.all("listening")]

    @property
    def port(self):
        self.wait_for("listening")
        return self.ports[0]

    def status(self, field):
        """A number of /proc/PID/status: VmSize, VmRSS (kB), Threads."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise KeyError(field)

    @property
    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @property
    def maps(self):
        return len(pathlib.Path(f"/proc/{self.process.pid}/maps").read_text().splitlines())

    @property
    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
