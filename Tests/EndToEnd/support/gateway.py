"""A gateway under test: writes its hilum.yaml, starts `hilum serve`, and asks the command line about it."""
import json
import os
import pathlib
import signal
import subprocess
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("HILUM_BIN", ROOT / ".build" / "debug"))
CORPUS = ROOT.parent / "shared" / "corpus"


class Gateway:
    """`with Gateway(folder, devices, destinations) as g:` runs it; `g.kill()` is kill -9, `g.start()` starts it again."""

    def __init__(self, folder, devices, destinations, wrapper=(), **more):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "hilum.yaml"
        self.state = self.folder / "state"
        self.wrapper = list(wrapper)
        self.process = None
        self.starts = 0
        document = {
            "site": {"name": "Test Hospital", "timezone": "Asia/Shanghai"},
            "state": str(self.state),
            "devices": devices,
            "destinations": destinations,
        }
        document.update(more)
        self.config.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        """Of the gateway itself, also where it runs under a wrapper."""
        if not self.wrapper:
            return self.process.pid
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else self.process.pid

    @property
    def log(self):
        return "".join(p.read_text(errors="replace") for p in sorted(self.folder.glob("serve-*.log")))

    def start(self, timeout=60):
        self.starts += 1
        path = self.folder / f"serve-{self.starts:04}.log"
        self.output = open(path, "wb")
        self.process = subprocess.Popen(
            self.wrapper + [str(BIN / "hilum"), "serve", "--config", str(self.config)],
            stdout=self.output, stderr=subprocess.STDOUT, start_new_session=True)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if "hilum is ready" in path.read_text(errors="replace"):
                return self
            if self.process.poll() is not None:
                raise AssertionError(f"hilum serve ended with {self.process.returncode}:\n{path.read_text(errors='replace')}")
            time.sleep(0.01)
        raise AssertionError(f"hilum serve was not ready in {timeout} s:\n{path.read_text(errors='replace')}")

    def kill(self):
        """kill -9: the gateway gets no chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.output.close()

    def stop(self, timeout=20):
        if self.process is None or self.process.poll() is not None:
            return 0
        os.kill(self.pid, signal.SIGINT)
        try:
            return self.process.wait(timeout)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.output.close()

    def cli(self, *arguments, check=True):
        """Runs a command on this gateway's configuration; gives its JSON."""
        done = hilum(*arguments, "--config", str(self.config), "--format", "json")
        if check and done.returncode != 0:
            raise AssertionError(f"hilum {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def hilum(*arguments, **options):
    """Runs the command line."""
    return subprocess.run([str(BIN / "hilum"), *map(str, arguments)], capture_output=True, text=True, timeout=120, **options)


def until(condition, timeout=30, what="the condition"):
    """Waits until `condition()` is true and gives its value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not hold within {timeout} s")
        time.sleep(0.02)
