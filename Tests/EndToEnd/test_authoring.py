"""Authoring tools on real bytes: drafts of every invented capture of the corpus, differences, lint, catalogue, tap."""
import contextlib
import json
import os
import pty
import random
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import tty

from support.gateway import BIN, hilum
from support.ports import free_port

# What drafts gave when this was written; a change of drivers, profiles or draft may raise these, never lower them.
LEAST_DRAFTED = 46
LEAST_EXACT = 45


def test_drafts_of_every_invented_capture(corpus, tmp_path):
    """A draft is usable as it is, proves what it says, and most of them decode as a finished profile does."""
    captures = sorted(corpus.glob("*/synth-*.bin"))
    drafted, exact, results = [], [], 0
    for capture in captures:
        name = f"{capture.parent.name}-{capture.stem}"[:60]
        done = hilum("profile", "draft", capture, "--id", name, "--output", tmp_path, "--format", "json")
        if done.returncode != 0:
            print(f"not drafted: {name}: {done.stderr.strip()}")
            continue
        said = json.loads(done.stdout)
        drafted.append(name)
        results += said["results"]
        text = (tmp_path / name / "profile.yaml").read_text()
        assert said["open"] == len(said["questions"]) > 0
        assert all(f"#   Q{number + 1}. " in text for number in range(said["open"]))
        decoded = hilum("decode", "--profile", tmp_path / name, capture)
        actual = tmp_path / "actual.json"
        actual.write_text(json.dumps([json.loads(line) for line in decoded.stdout.splitlines()]))
        expected = capture.with_suffix(".expected.json")
        verdict = subprocess.run(
            [sys.executable, str(corpus / "compare.py"), str(expected), str(actual)], capture_output=True, text=True)
        if verdict.returncode == 0:
            exact.append(name)
        else:
            print(f"differs: {name} ({said['driver']}): {verdict.stdout.strip().splitlines()[:1]}")
    print(f"{len(captures)} captures, {len(drafted)} drafted with {results} results, {len(exact)} exactly as expected")
    folders = [tmp_path / name for name in drafted]
    checked = hilum("profile", "check", *folders)
    assert checked.returncode == 0, checked.stdout
    tested = hilum("profile", "test", *folders)
    assert tested.returncode == 0, tested.stdout
    assert len(drafted) >= LEAST_DRAFTED
    assert len(exact) >= LEAST_EXACT


def _profile(tmp_path):
    """A drafted profile of two invented results."""
    capture = tmp_path / "one.bin"
    capture.write_bytes(
        b"H|\\^&|||ACME^One\rP|1\rO|1|0071\rR|1|^^^GLU|5.0|mmol/L||N||F||||20240318\r"
        b"R|2|^^^NEW|7|zz||N||F||||20240318\rL|1\r")
    assert hilum("profile", "draft", capture, "--id", "acme-one", "--output", tmp_path).returncode == 0
    return tmp_path / "acme-one"


def test_differences_and_update(tmp_path):
    folder = _profile(tmp_path)
    path = folder / "expected" / "one.json"
    document = json.loads(path.read_text())
    document["device"] = "acme"
    document["results"][0]["value"] = "5.9"
    path.write_text(json.dumps(document))
    shown = hilum("profile", "test", folder)
    assert shown.returncode == 1
    assert 'value  - "5.9"' in shown.stdout and '+ "5.0"' in shown.stdout and "\x1b" not in shown.stdout
    row = json.loads(hilum("profile", "test", "--format", "json", folder).stdout)["row_differences"][0]
    assert row["kind"] == "wrong" and row["fields"] == [{"key": "value", "expected": "5.9", "got": "5.0"}]
    assert hilum("profile", "test", "--update").returncode != 0, "an update names what it changes"
    assert hilum("profile", "test", "--update", folder).returncode == 0
    written = json.loads(path.read_text())
    assert written["device"] == "acme" and written["results"][0]["value"] == "5.0"
    assert hilum("profile", "test", folder).returncode == 0


def test_lint_finds_what_does_not_fit(tmp_path):
    folder = _profile(tmp_path)
    text = (folder / "profile.yaml").read_text()
    start = text.index("codes:")
    (folder / "profile.yaml").write_text(text[:start] + "codes: {GLU: {loinc: 2345-7}, OLD: {name: Old}}\n")
    done = hilum("profile", "lint", "--notes", "--format", "json", folder)
    assert done.returncode == 1
    found = {(row["rule"], row["subject"]) for row in map(json.loads, done.stdout.splitlines())}
    # Glucose by mass, sent in mmol/L.
    assert {("unit-property", "GLU"), ("unmapped-code", "NEW"), ("unknown-unit", "zz"), ("code-never-seen", "OLD"),
            ("no-document", "")} <= found


def test_a_draft_of_nothing_says_so(tmp_path):
    capture = tmp_path / "noise.bin"
    capture.write_bytes(bytes(range(256)))
    done = hilum("profile", "draft", capture, "--output", tmp_path)
    assert done.returncode == 1 and "no driver found a result" in done.stderr
    assert not (tmp_path / "new-device").exists()


def test_the_web_page_asks_no_server(tmp_path):
    page = hilum("profile", "list", "--html").stdout
    assert page.startswith("<!doctype html>") and "http://" not in page and "https://" not in page
    rows = hilum("profile", "list", "--format", "json").stdout.splitlines()
    assert page.count("<tr data-kind=") == len(rows) > 50


# The tap: hilum capture

class Peer:
    """A host that answers every chunk with what `reply` makes of it, and keeps what came."""

    def __init__(self, reply=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.reply = reply
        self.received = b""
        self.ended = threading.Event()
        self.connection = None
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        self.connection, _ = self.listener.accept()
        try:
            while chunk := self.connection.recv(65536):
                self.received += chunk
                if self.reply:
                    self.connection.sendall(self.reply(chunk))
        except ConnectionResetError:
            self.received += b"<reset>"
        self.ended.set()


@contextlib.contextmanager
def tap(host_port, output, limit=None):
    port = free_port()
    process = subprocess.Popen(
        [str(BIN / "hilum"), "capture", "--device", f"listen:127.0.0.1:{port}", "--host", f"tcp:127.0.0.1:{host_port}",
         "--output", str(output), "--format", "json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) if limit else None)
    assert "recording" in process.stderr.readline()
    try:
        yield port, process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _stop(process):
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    return process.returncode, json.loads(out)


def test_tap_passes_every_byte_at_once_and_both_ends(tmp_path):
    """Random bytes both ways, each answered within milliseconds; the device's end reaches the host, the host's answer after it."""
    record = tmp_path / "line.capture"
    chance = random.Random(5)
    sent, answered, slowest = b"", b"", 0.0
    peer = Peer(lambda chunk: bytes(byte ^ 0x5A for byte in chunk))
    with tap(peer.port, record) as (port, process):
        with socket.create_connection(("127.0.0.1", port)) as device:
            device.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(200):
                chunk = chance.randbytes(chance.randint(1, 400))
                start = time.monotonic()
                device.sendall(chunk)
                answer = b""
                while len(answer) < len(chunk):
                    answer += device.recv(65536)
                slowest = max(slowest, time.monotonic() - start)
                assert answer == bytes(byte ^ 0x5A for byte in chunk)
                sent += chunk
                answered += answer
            device.shutdown(socket.SHUT_WR)
            assert peer.ended.wait(10), "the end of the device did not reach the host"
            # The other half of the connection is still open.
            peer.connection.sendall(b"late")
            peer.connection.close()
            assert device.recv(100) == b"late" and device.recv(100) == b""
        status, totals = _stop(process)
    assert peer.received == sent
    assert status == 0 and totals["connections"] == 1 and totals["lost_bytes"] == 0
    assert totals["device_bytes"] == len(sent) and totals["host_bytes"] == len(answered) + 4
    text = record.read_bytes()
    assert _side(text, b">") == sent and _side(text, b"<") == answered + b"late"
    times = [float(line.split(b" ", 1)[0]) for line in text.splitlines()[1:]]
    assert times == sorted(times) and times[0] == 0
    print(f"slowest round trip through the tap: {slowest * 1000:.1f} ms")
    assert slowest < 0.5


def _side(text, direction):
    """Bytes of one side, read by other code than the product's."""
    found = b""
    for line in text.splitlines()[1:]:
        _, _, who, escaped = line.split(b" ", 3)
        if who == direction:
            found += re.sub(rb"\\(\\|x[0-9A-F]{2})", lambda m: b"\\" if m[1] == b"\\" else bytes([int(m[1][1:], 16)]), escaped)
    return found


def test_tap_passes_on_resets_and_an_absent_host(tmp_path):
    peer = Peer()
    with tap(peer.port, tmp_path / "reset.capture") as (port, process):
        device = socket.create_connection(("127.0.0.1", port))
        device.sendall(b"half a mess")
        while peer.received != b"half a mess":
            time.sleep(0.01)
        device.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        device.close()
        assert peer.ended.wait(10) and peer.received.endswith(b"<reset>")
        assert _stop(process)[0] == 0
    assert b"the device broke off" in (tmp_path / "reset.capture").read_bytes()
    with tap(free_port(), tmp_path / "absent.capture") as (port, process):
        with socket.create_connection(("127.0.0.1", port)) as device:
            try:
                assert device.recv(10) == b""
            except ConnectionResetError:
                pass
        assert _stop(process)[0] == 0
    assert b"the host cannot be reached" in (tmp_path / "absent.capture").read_bytes()


def test_tap_goes_on_when_the_disk_is_full(tmp_path):
    record = tmp_path / "full.capture"
    peer = Peer(lambda chunk: chunk)
    with tap(peer.port, record, limit=20_000) as (port, process):
        with socket.create_connection(("127.0.0.1", port)) as device:
            for number in range(100):
                chunk = f"{number:04d}".encode() * 250
                device.sendall(chunk)
                answer = b""
                while len(answer) < len(chunk):
                    answer += device.recv(65536)
                assert answer == chunk
        status, totals = _stop(process)
    assert status == 1 and totals["device_bytes"] == 100_000 and totals["lost_bytes"] > 0
    text = record.read_bytes()
    assert len(text) <= 20_000 and text.endswith(b"\n"), "a line is in the file whole or not at all"
    kept = len(_side(text, b">")) + len(_side(text, b"<"))
    assert kept + totals["lost_bytes"] == 200_000


def test_a_recording_is_read_as_a_capture(tmp_path, corpus):
    capture = next(iter(sorted(corpus.glob("*/synth-link.bin"))))
    record = tmp_path / "line.capture"
    peer = Peer(lambda chunk: b"\x06")
    with tap(peer.port, record) as (port, process):
        with socket.create_connection(("127.0.0.1", port)) as device:
            device.sendall(capture.read_bytes())
            device.shutdown(socket.SHUT_WR)
            assert peer.ended.wait(10)
        assert _stop(process)[0] == 0
    plain = hilum("decode", "--profile", "generic-lis", capture)
    recorded = hilum("decode", "--profile", "generic-lis", record)
    assert recorded.stdout == plain.stdout and recorded.stdout
    # A file that was cut anywhere in its last line is read up to the line before.
    record.write_bytes(record.read_bytes() + b"9.000000 1 > \\x0")
    assert hilum("decode", "--profile", "generic-lis", record).stdout == plain.stdout
    refused = hilum("capture", "--device", "listen:1", "--host", "tcp:localhost:1", "--output", record)
    assert refused.returncode != 0, "a recording is never written over"


# Serial lines: pseudo-terminals stand for the cables, the test holds their other ends

class Cable:
    """A serial line: `path` is what the tap opens, `write` and `read` are the machine at the other end."""

    def __init__(self):
        self.end, self.device = pty.openpty()
        tty.setraw(self.device)
        self.path = os.ttyname(self.device)

    def write(self, data):
        os.write(self.end, data)

    def read(self, count, timeout=15):
        data = b""
        deadline = time.monotonic() + timeout
        while len(data) < count and time.monotonic() < deadline:
            if select.select([self.end], [], [], 0.1)[0]:
                data += os.read(self.end, 65536)
        return data

    def close(self):
        os.close(self.end)
        os.close(self.device)


@contextlib.contextmanager
def line_tap(output, *arguments, limit=None, opens=2):
    process = subprocess.Popen(
        [str(BIN / "hilum"), "capture", "--output", str(output), "--format", "json", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) if limit else None)
    assert "recording" in process.stderr.readline()
    for _ in range(opens):
        line = process.stderr.readline()
        assert line.endswith(": open\n"), line
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_serial_tap_passes_every_byte_both_ways(tmp_path):
    """All 256 bytes, XON and XOFF among them, in random pieces; times rise; nothing is held until a line is whole."""
    device, host = Cable(), Cable()
    chance = random.Random(6)
    record = tmp_path / "serial.capture"
    with line_tap(record, "--device", f"serial:{device.path}", "--host", f"serial:{host.path}", "--baud", 19200,
                  "--parity", "even", "--data-bits", 8) as process:
        sent, answered = b"", b""
        for number in range(150):
            chunk = bytes(range(256)) if number == 0 else chance.randbytes(chance.randint(1, 300))
            device.write(chunk)
            assert host.read(len(chunk)) == chunk
            host.write(chunk[::-1])
            assert device.read(len(chunk)) == chunk[::-1]
            sent, answered = sent + chunk, answered + chunk[::-1]
        # One byte, and nothing after it.
        device.write(b"\x05")
        assert host.read(1) == b"\x05"
        status, totals = _stop(process)
    assert status == 0 and totals["lost_bytes"] == 0
    text = record.read_bytes()
    assert _side(text, b">") == sent + b"\x05" and _side(text, b"<") == answered
    times = [float(line.split(b" ", 1)[0]) for line in text.splitlines()[1:]]
    assert times == sorted(times)
    device.close()
    host.close()


def test_serial_tap_to_a_tcp_host_that_comes_late_and_goes(tmp_path):
    device = Cable()
    record = tmp_path / "late.capture"
    port = free_port()
    with line_tap(record, "--device", f"serial:{device.path}", "--host", f"tcp:127.0.0.1:{port}", opens=1) as process:
        device.write(b"to nobody")
        assert "the host: " in process.stderr.readline()

        def until_open():
            while process.stderr.readline() != "the host: open\n":
                assert process.poll() is None

        with socket.create_server(("127.0.0.1", port)) as listener:
            listener.settimeout(20)
            first, _ = listener.accept()
            first.settimeout(15)
            until_open()
            device.write(b"\x05")
            assert first.recv(10) == b"\x05"
            first.sendall(b"\x06")
            assert device.read(1) == b"\x06"
            first.close()
            # The host comes back: the line is there again.
            second, _ = listener.accept()
            second.settimeout(15)
            until_open()
            device.write(b"again")
            received = b""
            while len(received) < 5:
                received += second.recv(10)
            assert received == b"again"
            second.close()
        status, totals = _stop(process)
    text = record.read_bytes()
    assert status == 0 and _side(text, b">") == b"to nobody\x05again" and _side(text, b"<") == b"\x06"
    assert b"9 bytes before this did not reach the host" in text
    device.close()


def test_listening_never_writes(tmp_path):
    """Two wires heard by two ports: both are recorded, and neither port ever says a byte."""
    device, host = Cable(), Cable()
    record = tmp_path / "heard.capture"
    with line_tap(record, "--listen-only", "--device", f"serial:{device.path}", "--host", f"serial:{host.path}") as process:
        for number in range(20):
            device.write(b"device %d" % number)
            host.write(b"host %d" % number)
            time.sleep(0.005)
        wanted = [b"".join(b"%s %d" % (name, n) for n in range(20)) for name in (b"device", b"host")]
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and [_side(record.read_bytes(), d) for d in (b">", b"<")] != wanted:
            time.sleep(0.02)
        assert device.read(1, timeout=0.3) == host.read(1, timeout=0.3) == b""
        assert _stop(process)[0] == 0
    assert [_side(record.read_bytes(), d) for d in (b">", b"<")] == wanted
    with line_tap(tmp_path / "one.capture", "--listen-only", "--device", f"serial:{device.path}", opens=1) as process:
        device.write(b"alone")
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and _side((tmp_path / "one.capture").read_bytes(), b">") != b"alone":
            time.sleep(0.02)
        status, totals = _stop(process)
    assert status == 0 and totals["device_bytes"] == 5 and totals["host_bytes"] == 0
    device.close()
    host.close()


def test_serial_tap_goes_on_when_the_disk_is_full_and_the_port_is_gone(tmp_path):
    device, host = Cable(), Cable()
    record = tmp_path / "full.capture"
    with line_tap(record, "--device", f"serial:{device.path}", "--host", f"serial:{host.path}", limit=5_000) as process:
        for number in range(60):
            chunk = b"%04d" % number * 64
            device.write(chunk)
            assert host.read(len(chunk)) == chunk
        status, totals = _stop(process)
    assert status == 1 and totals["device_bytes"] == 60 * 256 and totals["lost_bytes"] > 0
    assert record.stat().st_size <= 5_000 and record.read_bytes().endswith(b"\n")
    # The adapter of the device is pulled out while the tap runs: that is told, and the tap waits for it.
    with line_tap(tmp_path / "pulled.capture", "--device", f"serial:{device.path}", "--host", f"serial:{host.path}") as process:
        device.close()
        assert process.stderr.readline().startswith("the device: ")
        assert process.poll() is None
        assert _stop(process)[0] == 0
    host.close()


def test_what_cannot_be_tapped_is_refused_with_the_reason(tmp_path):
    for arguments, why in [
        (("--device", "serial:/dev/a"), "--host is missing"),
        (("--device", "serial:/dev/a", "--host", "serial:/dev/a"), "the same line"),
        (("--device", "serial:/dev/a", "--host", "listen:5000"), "--host is tcp:"),
        (("--device", "tcp:h:1", "--host", "tcp:h:2"), "the device dials"),
        (("--listen-only", "--device", "listen:5000"), "hears serial lines"),
        (("--device", "pty:/tmp/x", "--host", "tcp:h:1"), "no line to tap"),
        (("--device", "serial:/dev/a", "--host", "tcp:h:1", "--data-bits", "9"), "--data-bits"),
    ]:
        done = hilum("capture", "--output", tmp_path / "none", *arguments)
        assert done.returncode == 2 and why in done.stderr, (arguments, done.stderr)
    assert not (tmp_path / "none").exists()


def test_a_recording_is_played_in_its_time_and_is_a_capture_of_a_profile(tmp_path):
    """Record a conversation, play it to a listener that answers: turns and pauses are kept; a profile folder takes the file."""
    record = tmp_path / "line.capture"
    peer = Peer(lambda chunk: b"\x06")
    records = [b"H|\\^&|||ACME\r", b"P|1\rO|1|0071\r", b"R|1|^^^GLU|5.0|mmol/L||N||F||||20240318\rL|1\r"]
    with tap(peer.port, record) as (port, process):
        with socket.create_connection(("127.0.0.1", port)) as device:
            for piece in records:
                device.sendall(piece)
                assert device.recv(1) == b"\x06"
                time.sleep(0.3)
        assert peer.ended.wait(10) and _stop(process)[0] == 0
    again = Peer(lambda chunk: b"\x06")
    start = time.monotonic()
    played = hilum("simulate", "--capture", record, "--timed", "--to", f"tcp:127.0.0.1:{again.port}", "--format", "json")
    assert played.returncode == 0, played.stderr
    assert again.ended.wait(10) and again.received == b"".join(records)
    assert time.monotonic() - start > 0.6, "the two pauses"
    # A host that says nothing: the device does not go on either.
    silent = Peer()
    refused = hilum("simulate", "--capture", record, "--timed", "--to", f"tcp:127.0.0.1:{silent.port}", "--attempts", "1",
                    "--answer-limit", "300ms")
    assert refused.returncode == 1 and silent.received == records[0]
    plain = tmp_path / "plain.bin"
    plain.write_bytes(b"".join(records))
    assert "no recording" in hilum("simulate", "--capture", plain, "--timed", "--to", "tcp:127.0.0.1:1").stderr
    # Kept as it is in a profile folder.
    assert hilum("profile", "draft", record, "--id", "acme-two", "--output", tmp_path).returncode == 0
    folder = tmp_path / "acme-two"
    (folder / "captures" / "line.bin").unlink()
    (folder / "captures" / "line.capture").write_bytes(record.read_bytes())
    tested = hilum("profile", "test", folder, "--format", "json")
    assert tested.returncode == 0 and json.loads(tested.stdout)["rows"] == 1, tested.stdout
    assert hilum("profile", "lint", folder, "--format", "json").stderr == ""
