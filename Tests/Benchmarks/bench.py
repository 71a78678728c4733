"""`make bench`: figures of the laboratory path, with the machine and the commit.

The floor in the same run: SQLite commits with an fsync each, one by one, by Python's sqlite3 on the same disk.
"""
import argparse
import atexit
import json
import os
import pathlib
import platform
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))
arguments = argparse.ArgumentParser()
arguments.add_argument("--bin", default=".build/release")
arguments.add_argument("--seconds", type=float, default=10)
arguments.add_argument("--markdown")
options = arguments.parse_args()
os.environ["HILUM_BIN"] = str(pathlib.Path(options.bin).resolve())

from support.gateway import ROOT, Gateway  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
rows = []


def row(what, figure, aim="", note=""):
    rows.append((what, figure, aim, note))
    print(f"{what:58} {figure:>22}   {aim:22} {note}", flush=True)


def build(folder):
    for name in ("load", "sink"):
        subprocess.run(["cc", "-O2", "-pthread", "-o", folder / name, HERE / f"{name}.c"], check=True)


def ports(count):
    """A run of free ports, below those that outgoing connections use."""
    for first in random.Random().sample(range(10000, 30000 - count, 50), 200):
        sockets = []
        try:
            for port in range(first, first + count):
                s = socket.socket()
                sockets.append(s)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()
    raise SystemExit("no run of free ports")


def processes(gateway):
    """The gateway and its children."""
    pids = [gateway.process.pid]
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == gateway.process.pid:
                pids.append(int(entry.name))
    return pids


def cpu(gateway):
    ticks = 0
    for pid in processes(gateway):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(gateway):
    """Proportional set size of all processes, MB."""
    total = 0
    for pid in processes(gateway):
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def devices(first, count, profile):
    return [{"id": f"d{n}", "profile": profile, "link": {"tcp": {"listen": first + n, "peer": "any"}}} for n in range(count)]


def load(folder, kind, first, connections, seconds, rate, results):
    done = subprocess.run(
        [folder / "load", kind, str(first), str(connections), str(seconds), str(rate), str(results)],
        capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"load: {done.stderr}")
    return json.loads(done.stdout)


def floor(folder):
    db = sqlite3.connect(folder / "floor.sqlite", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB)")
    started, n = time.monotonic(), 0
    while time.monotonic() - started < 3:
        db.execute("INSERT INTO t(b) VALUES (?)", (b"x" * 880,))
        n += 1
    row("floor: SQLite commits/s, one 880-byte row each", f"{n / 3:.0f}/s")
    return n / 3


def stored(gateway):
    return sum(f.stat().st_size for f in gateway.state.rglob("*") if f.is_file())


def main():
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    print(f"{model}, {os.cpu_count()} processors, {platform.release()}; commit {commit}\n")
    work = pathlib.Path(tempfile.mkdtemp(prefix="hilum-bench-"))
    try:
        build(work)
        floor(work)

        first = ports(100)
        with Gateway(work / "astm", devices(first, 100, "generic-lis"), []) as g:
            busy = load(work, "astm", first, 100, options.seconds, 0, 5)
            calm = load(work, "astm", first, 100, options.seconds, 200, 5)
        row("ASTM, 100 TCP devices, durable results/s (5 a message)", f"{busy['results'] / busy['seconds']:.0f}/s", "5,000/s")
        row("  acknowledgement p50 / p99 at full load", f"{busy['p50_ms']:.1f} / {busy['p99_ms']:.1f} ms")
        row("  acknowledgement p50 / p99 at 1,000 results/s", f"{calm['p50_ms']:.1f} / {calm['p99_ms']:.1f} ms", "p99 under 10 ms")
        first = ports(100)
        with Gateway(work / "astm1", devices(first, 100, "generic-lis"), []) as g:
            single = load(work, "astm", first, 100, options.seconds, 0, 1)
        row("ASTM, one result a message, durable results/s", f"{single['results'] / single['seconds']:.0f}/s")

        first, sink_port = ports(20), ports(1)
        sink = subprocess.Popen([work / "sink", str(sink_port)], stdout=subprocess.PIPE, text=True)
        time.sleep(0.2)
        atexit.register(sink.kill)
        with Gateway(work / "hl7", devices(first, 20, "mindray-bs300"),
                     [{"id": "emr", "lanes": 8, "hl7": {"host": "127.0.0.1", "port": sink_port}}]) as g:
            before = cpu(g)
            through = load(work, "hl7", first, 20, options.seconds, 0, 10)
            # `queue` lists what is open.
            while g.cli("queue", "list", "--state", "waiting", "--limit", "1"):
                time.sleep(0.2)
            used = cpu(g) - before
            held = memory(g)
        sink.send_signal(signal.SIGTERM)
        delivered = json.loads(sink.communicate(timeout=20)[0])
        row("HL7 in, normalised, stored, MLLP out (10 OBX): delivered/s", f"{delivered['messages'] / max(delivered['seconds'], 0.001):.0f}/s", "5,000/s")
        row("  accepted (durable, acknowledged)/s", f"{through['messages'] / through['seconds']:.0f}/s")
        row("  CPU a message, all processes", f"{used / through['messages'] * 1e3:.3f} ms", "0.2 ms")
        row("  memory after it, all processes", f"{held:.0f} MB")
        row("  bytes stored per byte received", f"{stored(g) / through['bytes']:.2f}", "2")

        first = ports(500)
        started = time.monotonic()
        with Gateway(work / "many", devices(first, 500, "generic-lis"), []) as g:
            row("start-up with 500 devices", f"{time.monotonic() - started:.2f} s", "0.5 s")
            load(work, "astm", first, 500, 3, 500, 1)
            row("memory with 500 connected devices, all processes (PSS)", f"{memory(g):.0f} MB", "150 MB", f"{len(processes(g))} processes")
        if options.markdown:
            with open(options.markdown, "w") as out:
                out.write(f"{model}, {os.cpu_count()} processors, commit {commit}\n\n| | measured | aim |\n|---|---:|---|\n")
                for what, figure, aim, note in rows:
                    out.write(f"| {what.strip()} | {figure} | {aim} |\n")
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
