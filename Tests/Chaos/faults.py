"""The fault runs: each takes its size, so that `make test` runs a small one and `make chaos` the whole."""
import collections
import pathlib
import random
import re
import subprocess
import threading
import time

from support.astm import ACK, ENQ, EOT, Refused, Sender, frames, message
from support.emr import HL7EMR
from support.gateway import Gateway, until
from support.ports import free_port


class Analyser(threading.Thread):
    """One instrument that sends one result after the other and repeats what was not acknowledged, as LIS01-A2 6.5 says."""

    def __init__(self, name, port, stop, pause=0.02):
        super().__init__(daemon=True)
        self.pause = pause
        self.device, self.port, self.stop = name, port, stop
        self.acknowledged = []
        self.sent = 0
        self.slowest = 0.0

    def run(self):
        sender = Sender(self.port, timeout=10)
        while not self.stop.is_set():
            specimen = f"{self.device}-{self.sent:05}"
            records = message(specimen, [("GLU", f"{self.sent % 900 / 10 + 1:.1f}", "mmol/L", "N")])
            started = time.monotonic()
            while not self.stop.is_set():
                try:
                    if sender.socket is None:
                        sender.connect()
                    sender.send(records, message_in_a_frame=self.sent % 2 == 0)
                    self.acknowledged.append(specimen)
                    self.slowest = max(self.slowest, time.monotonic() - started)
                    time.sleep(self.pause)
                    break
                except (OSError, Refused):
                    sender.close()
                    time.sleep(0.05)
            self.sent += 1
        sender.close()


def kill_nine(folder, kills, devices, seed=1):
    """`kills` random kill -9 under load; every acknowledged result reaches the EMR once, in the order of its device."""
    chance = random.Random(seed)
    ports = [free_port() for _ in range(devices)]
    with HL7EMR() as emr:
        gateway = Gateway(
            folder, [{"id": f"a{n}", "profile": "generic-lis", "link": {"tcp": {"listen": p, "peer": "any"}}} for n, p in enumerate(ports)],
            [{"id": "emr", "hl7": {"host": "127.0.0.1", "port": emr.port}}])
        gateway.start()
        stop = threading.Event()
        analysers = [Analyser(f"D{n:02}", p, stop) for n, p in enumerate(ports)]
        for a in analysers:
            a.start()
        for _ in range(kills):
            time.sleep(chance.uniform(0.05, 0.8))
            gateway.kill()
            gateway.start()
        time.sleep(1)
        stop.set()
        for a in analysers:
            a.join(30)
        acknowledged = [s for a in analysers for s in a.acknowledged]
        until(lambda: not [q for q in gateway.cli("queue") if q["state"] != "delivered"], timeout=120, what="an empty queue")
        gateway.stop()
        rows = emr.results()
    # At least once on the wire with the same MSH-10; once by MSH-10.
    by_id = {}
    for control, specimen, code, value, status in rows:
        by_id.setdefault(control, (specimen, value, status))
    times = collections.Counter(specimen for specimen, _, _ in by_id.values())
    lost = [s for s in acknowledged if s not in times]
    twice = [s for s, n in times.items() if n > 1]
    order = collections.defaultdict(list)
    for specimen, _, _ in by_id.values():
        order[specimen[:3]].append(specimen)
    disordered = [d for d, seen in order.items() if seen != sorted(seen)]
    return {
        "kills": kills, "acknowledged": len(acknowledged), "at the EMR": len(times), "lost": lost, "twice": twice,
        "disordered": disordered, "wire repeats": len(rows) - len(by_id),
    }


def traced(folder, messages=5):
    """Runs the gateway under strace; gives, for each ACK that acknowledges data, whether an fdatasync ended before it."""
    trace = pathlib.Path(folder) / "trace.txt"
    port = free_port()
    wrapper = ["strace", "-f", "-o", str(trace), "-xx", "-s", "80", "-e", "trace=read,recvfrom,readv,write,writev,sendto,sendmsg,fdatasync,fsync"]
    with HL7EMR() as emr, Gateway(
        folder, [{"id": "a1", "profile": "generic-lis", "link": {"tcp": {"listen": port, "peer": "any"}}}],
        [{"id": "emr", "hl7": {"host": "127.0.0.1", "port": emr.port}}], wrapper=wrapper,
    ) as gateway:
        with Sender(port) as analyser:
            for n in range(messages):
                assert analyser.send(message(f"S-{n}", [("GLU", f"5.{n}", "mmol/L", "N")]))
        until(lambda: len(emr.messages) >= messages, timeout=60, what="the messages at the EMR")
        gateway.stop()
    proven, unproven, synced, frames = 0, [], False, set()
    for line in trace.read_text(errors="replace").splitlines():
        # A frame begins with STX and its number; the device's descriptor is the one it is read from.
        received = re.search(r'(?:read|recvfrom|readv)\((\d+), .*"\\x02\\x3[0-7]', line)
        answered = re.search(r'(?:write|sendto|writev|sendmsg)\((\d+), .*"\\x06"', line)
        if received:
            frames.add(received[1])
            synced = False
        elif re.search(r"(fdatasync|fsync).*= 0", line):
            synced = True
        elif answered and answered[1] in frames:
            if synced:
                proven += 1
            else:
                unproven.append(line)
            frames.discard(answered[1])
    return proven, unproven


def build_driver(source: pathlib.Path, folder: pathlib.Path, header: pathlib.Path):
    """A driver module in C, made for the test."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"libhilum-driver-{source.stem}.so"
    subprocess.run(["cc", "-std=c99", "-shared", "-fPIC", "-O1", f"-I{header}", "-o", str(out), str(source)], check=True)
    return out


def dying_driver(folder, kind, root, seconds=4):
    """A device whose driver traps, hangs or leaks beside one that works: the other's traffic does not pause."""
    folder = pathlib.Path(folder)
    build_driver(pathlib.Path(__file__).parent / "drivers" / f"{kind}.c", folder / "drivers", root / "Sources/Interop/CHilumDriver/include")
    profile = folder / "profiles" / f"bad-{kind}"
    profile.mkdir(parents=True)
    (profile / "profile.yaml").write_text(
        f"id: bad-{kind}\nvendor: Nobody\nmodel: {kind}\nkind: other\nsupport: claimed\ndriver: {kind}\noptions: {{}}\n")
    (profile / "NOTES.md").write_text("A device that hurts itself.\n")
    good, bad = free_port(), free_port()
    with HL7EMR() as emr, Gateway(
        folder, [
            {"id": "good", "profile": "generic-lis", "link": {"tcp": {"listen": good, "peer": "any"}}},
            {"id": "bad", "profile": f"bad-{kind}", "link": {"tcp": {"listen": bad, "peer": "any"}}},
        ], [{"id": "emr", "hl7": {"host": "127.0.0.1", "port": emr.port}}],
        profiles=[str(folder / "profiles")], drivers={"folders": [str(folder / "drivers")], "answer_within": "500ms"},
    ) as gateway:
        stop = threading.Event()
        analyser = Analyser("D00", good, stop)
        analyser.start()
        ended = time.monotonic() + seconds
        while time.monotonic() < ended:
            try:
                with Sender(bad, timeout=1) as victim:
                    victim.write(b"poison\n")
                    time.sleep(0.2)
            except OSError:
                time.sleep(0.05)
        stop.set()
        analyser.join(20)
        until(lambda: len({r[1] for r in emr.results()}) >= len(analyser.acknowledged), what="all results at the EMR")
        quarantine = until(lambda: gateway.cli("quarantine"), timeout=30, what="the bytes in quarantine")
        return {"good": len(analyser.acknowledged), "slowest": analyser.slowest, "quarantine": quarantine, "log": gateway.log}
