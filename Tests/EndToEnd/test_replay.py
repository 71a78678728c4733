"""What is stored, read again: the same profile finds the same, a changed one exactly what was changed in it."""
import contextlib
import json
import os
import pty
import socket
import sqlite3
import subprocess
import time

import pytest
from support.astm import ACK, ENQ, Sender, frames, message
from support.emr import HL7EMR
from support.gateway import BIN, ROOT, Gateway, hilum, until
from support.ports import free_port

PROFILE = """
id: acme-one
extends: generic-lis
vendor: Acme
model: One
kind: chemistry
support: sample
driver: lis
options: {specimen: O.3}
codes:
  GLU: {loinc: 14749-6, name: Glucose}
  K: {loinc: 2823-3, name: Potassium}
  NA: {loinc: 2951-2, name: Sodium}
units:
  mmol/L: {ucum: mmol/L}
"""


def folder(tmp_path, name, text=PROFILE):
    """A profile folder below `name`, its folder called as its id."""
    place = tmp_path / name / "acme-one"
    place.mkdir(parents=True)
    (place / "profile.yaml").write_text(text)
    return place


def device(port, name="a1", **more):
    return {"id": name, "profile": "acme-one", "link": {"tcp": {"listen": port, "peer": "any"}}, **more}


def destination(emr):
    return {"id": "emr", "hl7": {"host": "127.0.0.1", "port": emr.port}}


@pytest.fixture
def site(tmp_path):
    """A gateway that has stored some messages; the gateway and a function that replays."""
    folder(tmp_path, "profiles")
    port = free_port()
    with HL7EMR() as emr:
        with Gateway(tmp_path / "site", [device(port)], [destination(emr)],
                     profiles=[str(tmp_path / "profiles")]) as gateway:
            with Sender(port) as analyser:
                analyser.send(message("S-0001", [("GLU", "5.3", "mmol/L", "N"), ("K", ">6.5", "mmol/L", "H")]))
                analyser.send(message("S-0002", [("GLU", "4.1", "mmol/L", "N"), ("NA", "140", "mmol/L", "N")]))
                until(lambda: asked(gateway, "SELECT count(*) FROM journal WHERE idle"), what="an idle point")
                # The same again: a repeat.
                analyser.send(message("S-0002", [("GLU", "4.1", "mmol/L", "N"), ("NA", "140", "mmol/L", "N")]))
                # A correction: stored as one.
                analyser.send(message("S-0001", [("GLU", "5.9", "mmol/L", "N"), ("K", ">6.5", "mmol/L", "H")]))
            until(lambda: len(gateway.cli("messages")) == 4 and emr.messages, what="four stored messages")
            # The link is closed in the journal.
            until(lambda: ended(gateway, 1), what="a closed conversation")
            gateway.emr = emr
            yield gateway


def asked(gateway, sql):
    """A number of the database."""
    base = sqlite3.connect(gateway.state / "hilum.sqlite")
    try:
        return base.execute(sql).fetchone()[0]
    finally:
        base.close()


def ended(gateway, count):
    """True when so many conversations are closed in the journal."""
    return asked(gateway, "SELECT count(*) FROM conversation WHERE closed IS NOT NULL") >= count


def replay(gateway, *arguments):
    done = hilum("replay", "--config", gateway.config, "--format", "json", *arguments)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows, done.stderr
    return done.returncode, rows[:-1], rows[-1]


def test_the_same_profile_reads_the_same(site):
    status, found, summary = replay(site)
    assert (status, found) == (0, [])
    assert summary["messages"] == summary["replayed"] == 4 and summary["same"] == 8
    assert summary["without_bytes"] == summary["not_compared"] == 0
    # The same without a gateway, and without its configuration.
    site.stop()
    assert replay(site)[0] == 0
    done = hilum("replay", "--state-folder", site.state, "--config", "/nowhere.yaml", "--device", "a1", "--profile",
                 site.folder.parent / "profiles" / "acme-one", "--timezone", "Asia/Shanghai", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing was written or sent" in hilum("replay", "--config", site.config).stdout


@pytest.mark.parametrize("running", [True, False])
def test_a_changed_profile_shows_exactly_the_change(site, tmp_path, running):
    changed = folder(tmp_path, "changed", PROFILE.replace("14749-6", "15074-8"))
    if not running:
        site.stop()
    status, found, summary = replay(site, "--profile", changed)
    assert status == 1 and summary["changed"] == 4 and summary["same"] == 4
    assert summary["moved"] == summary["gone"] == summary["added"] == 0
    assert summary["about"] == {"loinc": 4}
    assert {(row["test_code"], row["kind"]) for row in found} == {("GLU", "changed")}
    for row in found:
        assert [field["key"] for field in row["fields"]] == ["loinc"]
        assert row["fields"][0]["stored"] == "14749-6" and row["fields"][0]["replayed"] == "15074-8"
    assert [row["state"] for row in found] == ["stored", "stored", "repeat", "stored"]
    assert summary["tests"] == [{"test_code": "GLU", "moved": 0, "changed": 4, "gone": 0, "added": 0, "about": {"loinc": 4}}]
    # Nothing was written: neither results nor queue.
    if running:
        assert len(site.cli("messages")) == 4
        assert all(row["loinc"] != "15074-8" for row in site.cli("results"))


def test_moved_gone_and_added(site, tmp_path):
    moved = folder(tmp_path, "moved", PROFILE.replace("specimen: O.3", "specimen: O.2"))
    status, found, summary = replay(site, "--profile", moved)
    assert status == 1 and summary["moved"] == 8 and summary["same"] == 0
    assert {row["specimen_id"] for row in found} == {"S-0001", "S-0002"}
    control = folder(tmp_path, "control", PROFILE + "qc: [{specimen_id: S-0002}]\n")
    status, found, summary = replay(site, "--profile", control)
    assert status == 1 and summary["moved"] == 4 and {row["specimen_id"] for row in found} == {"S-0002"}
    assert all(row["about"] == ["role"] for row in found)
    table = hilum("replay", "--config", site.config, "--profile", moved, "--limit", "1")
    assert "and 7 more" in table.stdout and "8 moved" in table.stdout and "\x1b" not in table.stdout


def test_selection(site, tmp_path):
    changed = folder(tmp_path, "changed", PROFILE.replace("2951-2", "2947-0"))
    first = min(row["message"] for row in site.cli("messages"))
    for number, count in [(0, 0), (1, 1), (2, 1), (3, 0)]:
        status, found, summary = replay(site, "--message", str(first + number), "--profile", changed)
        assert (status, len(found), summary["replayed"]) == (1 if count else 0, count, 1), number
    status, found, summary = replay(site, "--conversation", str(site.cli("messages")[0]["conversation"]),
                                    "--profile", changed)
    assert (status, len(found), summary["replayed"]) == (1, 2, 4)
    assert replay(site, "--since", "1h", "--device", "a1")[2]["replayed"] == 4
    for wrong, why in [(("--message", "99"), "no message 99"), (("--conversation", "99"), "no conversation 99"),
                       (("--device", "a2"), "did you mean"), (("--until", "2020-01-01"), "nothing that is stored"),
                       (("--since", "tomorrow"), "is no time"), (("--profile", "acme-two"), "no profile"),
                       (("--profile", "generic-hl7"), "--device")]:
        done = hilum("replay", "--config", site.config, *wrong)
        assert done.returncode in (1, 2) and why in done.stderr, (wrong, done.stderr)


def test_settings_of_the_device_count_as_when_it_runs(tmp_path):
    """Another zone, another place of the specimen, unknown codes held: the replay has the same settings."""
    folder(tmp_path, "profiles")
    port = free_port()
    settings = {"timezone": "Europe/London", "unmapped": "hold", "options": {"specimen": "O.2"}}
    with HL7EMR() as emr, Gateway(tmp_path / "site", [device(port, **settings)], [destination(emr)],
                                  profiles=[str(tmp_path / "profiles")]) as gateway:
        with Sender(port) as analyser:
            analyser.send(message("S-0001", [("GLU", "5.3", "mmol/L", "N"), ("XYZ", "1", "", "N")]))
        until(lambda: gateway.cli("messages"), what="a message")
        # Its line is closed, or at least its last byte is in the journal.
        until(lambda: replay(gateway)[2]["replayed"] == 1, what="the whole message")
        assert replay(gateway)[:2] == (0, [])
        assert gateway.cli("results")[0]["state"] == "held"


def test_bytes_in_pieces_faults_and_a_crash(tmp_path):
    """A message in many commits, a damaged frame, a message broken off, kill -9: read again they are what they were."""
    folder(tmp_path, "profiles")
    port = free_port()
    with HL7EMR() as emr, Gateway(tmp_path / "site", [device(port)], [destination(emr)],
                                  profiles=[str(tmp_path / "profiles")]) as gateway:
        with Sender(port, pieces=3) as analyser:
            analyser.send(message("S-0001", [("GLU", f"{n}.3", "mmol/L", "N") for n in range(40)]))
        with Sender(port) as analyser:
            out = frames(message("S-0002", [("GLU", "5.3", "mmol/L", "N")]))
            assert analyser.ask(ENQ) == ACK
            for one in out[:4]:
                assert analyser.ask(one) == ACK
        until(lambda: ended(gateway, 2), what="the end of the broken message")
        with Sender(port) as analyser:
            assert analyser.ask(ENQ) == ACK
            for one in frames(message("S-0003", [("GLU", "5.3", "mmol/L", "N")]))[:4]:
                assert analyser.ask(one) == ACK
            gateway.kill()
        gateway.start()
        with Sender(port) as analyser:
            analyser.send(message("S-0003", [("GLU", "5.3", "mmol/L", "N")]))
        until(lambda: any(row["specimen_id"] == "S-0003" for row in gateway.cli("results")), what="the message sent again")
        status, found, summary = replay(gateway)
        assert (status, found) == (0, []), found
        assert summary["replayed"] == summary["messages"] >= 2 and summary["without_bytes"] == 0


def test_what_retention_has_freed_is_counted(site, tmp_path):
    site.stop()
    with sqlite3.connect(site.state / "hilum.sqlite") as base:
        first = base.execute("SELECT min(journal) FROM message").fetchone()[0]
        base.execute("DELETE FROM journal WHERE id <= ?", (first,))
    base.close()
    status, found, summary = replay(site)
    assert (status, found) == (0, []), found
    assert summary["messages"] == 4 and summary["replayed"] + summary["without_bytes"] == 4
    # A driver begins again behind the next point at which the driver of then needed nothing.
    assert summary["replayed"] == 2
    table = hilum("replay", "--config", site.config).stdout
    assert "their bytes are no longer kept" in table
    with sqlite3.connect(site.state / "hilum.sqlite") as base:
        base.execute("DELETE FROM journal")
    base.close()
    done = hilum("replay", "--config", site.config)
    assert done.returncode == 1 and "none of the 4 messages could be read again" in done.stderr


def test_results_that_retention_freed_are_not_called_new(site):
    site.stop()
    with sqlite3.connect(site.state / "hilum.sqlite") as base:
        first = base.execute("SELECT min(id) FROM message").fetchone()[0]
        base.execute("DELETE FROM report WHERE message = ?", (first,))
        base.execute("DELETE FROM message WHERE id = ?", (first,))
    base.close()
    status, found, summary = replay(site)
    assert (status, found) == (0, []) and summary["not_compared"] == 1 and summary["replayed"] == 3


def test_a_driver_that_reads_nothing_of_it(site):
    """Another family's driver: every result would be gone, and it says so instead of failing."""
    status, found, summary = replay(site, "--device", "a1", "--profile", "generic-hl7")
    assert status == 1 and summary["gone"] == 8 and {row["kind"] for row in found} <= {"gone", "fault-added"}


# --send: corrections, through the running gateway, to the real HL7 peer

def use(site, text):
    """Makes a text the device's own profile, as an engineer does; the gateway takes it up by itself."""
    path = site.folder.parent / "profiles" / "acme-one" / "profile.yaml"
    path.write_text(text)


def send(site, *arguments):
    done = hilum("replay", "--config", site.config, "--format", "json", "--send", "--note", "unit was wrong", *arguments)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def test_send_corrects_at_the_receiver_under_the_same_name(site):
    # Two messages of results that were given out: GLU of S-0001 was corrected by the device itself meanwhile.
    until(lambda: len(site.emr.messages) == 3, what="what was given out")
    before = site.emr.results()
    use(site, PROFILE.replace("mmol/L: {ucum: mmol/L}", "mmol/L: {ucum: mmol/L, factor: 10}"))
    status, found, summary = replay(site)
    assert status == 1 and summary["changed"] > 0 and set(summary["about"]) <= {"value", "unit"}
    # Not without a terminal or --yes, not without a reason, not with a profile that the gateway does not have.
    done, rows = send(site)
    assert done.returncode == 1 and "nobody can be asked" in done.stderr
    refused = hilum("replay", "--config", site.config, "--send", "--yes")
    assert refused.returncode == 2 and "--note" in refused.stderr
    refused = hilum("replay", "--config", site.config, "--send", "--note", "x", "--profile", "generic-lis")
    assert refused.returncode == 2 and "own profile" in refused.stderr
    assert len(site.emr.messages) == 3, "nothing was sent"

    done, rows = send(site, "--yes")
    sent = [row for row in rows if row["kind"] == "sent"]
    left = [row for row in rows if row["kind"] == "not-sent"]
    assert len(sent) == 2 and len(left) == 1 and "later report" in left[0]["reason"], rows
    until(lambda: len(site.emr.messages) == 5, what="two corrections at the EMR")
    after = [row for row in site.emr.results() if row not in before]
    assert {(row[1], row[2].split("^")[3] if row[2].count("^") > 2 else row[2], row[3], row[4]) for row in after} == {
        ("S-0002", "GLU", "41", "C"), ("S-0002", "NA", "1400", "C"), ("S-0001", "GLU", "59", "C"), ("S-0001", "K", ">^65", "C")}
    # The same orders and sub-ids as before: receivers replace.
    def names(messages):
        parsed = [m for m in site.emr.parsed[messages]]
        return {(str(m.segment("OBR")[3]), str(s[3]), str(s[4])) for m in parsed for s in m if str(s[0]) == "OBX"}
    assert names(slice(3, 5)) <= names(slice(0, 3))
    # Kept with who and why; seen where people look.
    notes = [row for row in site.cli("queue", "notes") if row["action"] == "correct"]
    assert len(notes) == 2 and all("unit was wrong" in row["note"] and row["who"] for row in notes)
    assert sum(row["kind"] == "correction" for row in site.cli("messages")) == 2
    shown = hilum("results", "show", str(sent[0]["correction"]), "--config", site.config).stdout
    assert f"report {sent[0]['report']}, sent by a person" in shown

    # Done: read again nothing differs but what the device itself replaced; sent again, nothing goes.
    status, found, summary = replay(site)
    assert {row["report"] for row in found} == {left[0]["report"]}, found
    done, rows = send(site, "--yes")
    assert not [row for row in rows if row["kind"] == "sent"]
    # The device sends the old message again: a repeat of the correction, not posted.
    with Sender(next(iter_ports(site))) as analyser:
        analyser.send(message("S-0002", [("GLU", "4.1", "mmol/L", "N"), ("NA", "140", "mmol/L", "N")]))
    until(lambda: sum(row["kind"] == "results" for row in site.cli("messages")) == 5, what="the message sent again")
    assert {row["state"] for row in site.cli("results", "--limit", "1")} == {"repeat"}
    assert len(site.emr.messages) == 5


def iter_ports(site):
    import yaml
    for entry in yaml.safe_load(site.config.read_text())["devices"]:
        yield entry["link"]["tcp"]["listen"]


def test_send_never_moves_a_result(site):
    until(lambda: len(site.emr.messages) == 3, what="what was given out")
    for text in (PROFILE.replace("specimen: O.3", "specimen: O.2"), PROFILE.replace("2951-2", "2947-0"),
                 PROFILE.replace("driver: lis", "driver: lis\nqc: [{specimen_id: 'S-0002'}]"),
                 PROFILE.replace("NA: {loinc: 2951-2, name: Sodium}", "NA: {loinc: 2951-2, name: Sodium, role: raw}")):
        use(site, text)
        status, found, summary = replay(site)
        assert status == 1 and found, text
        done, rows = send(site, "--yes")
        assert done.returncode == 1 and not [row for row in rows if row["kind"] == "sent"], rows
        assert [row for row in rows if row["kind"] == "not-sent"]
    assert len(site.emr.messages) == 3


def test_send_without_a_running_gateway_is_delivered_at_its_next_start(site):
    until(lambda: len(site.emr.messages) == 3, what="what was given out")
    site.stop()
    use(site, PROFILE.replace("mmol/L: {ucum: mmol/L}", "mmol/L: {ucum: mmol/L, factor: 10}"))
    done, rows = send(site, "--yes")
    assert len([row for row in rows if row["kind"] == "sent"]) == 2
    assert len(site.emr.messages) == 3
    site.start()
    until(lambda: len(site.emr.messages) == 5, what="two corrections at the EMR")


def test_every_family_reads_the_same_again(tmp_path):
    """The captures of all profiles, played to a gateway as their devices play them: the replay of each finds no difference."""
    shipped = sorted(p for p in (ROOT / "DeviceProfiles").iterdir() if (p / "profile.yaml").exists())
    devices, plays = [], []
    for folder in shipped:
        captures = sorted((folder / "captures").glob("*.bin"))
        if not captures or "driver: dicom" in (folder / "profile.yaml").read_text():
            continue
        port = free_port()
        devices.append({"id": folder.name, "profile": folder.name, "link": {"tcp": {"listen": port, "peer": "any"}}})
        plays.append((folder.name, port, captures[:2]))
    assert len(plays) > 40
    with Gateway(tmp_path / "site", devices, []) as gateway:
        for name, port, captures in plays:
            for capture in captures:
                with socket.create_connection(("127.0.0.1", port)) as line:
                    # The bytes as captured, in two pieces with a pause: what the gateway answers is not waited for.
                    data = capture.read_bytes()
                    line.sendall(data[:len(data) // 2])
                    time.sleep(0.02)
                    line.sendall(data[len(data) // 2:])
                    line.shutdown(socket.SHUT_WR)
                    line.settimeout(20)
                    with contextlib.suppress(OSError):
                        while line.recv(65536):
                            pass
        count = sum(len(captures) for _, _, captures in plays)
        until(lambda: ended(gateway, count), what="all conversations closed")
        status, found, summary = replay(gateway)
        print(f"{len(plays)} profiles, {count} captures, {summary['replayed']} messages, {summary['same']} results the same")
        assert not found, [(row["kind"], row["device"], row.get("test_code"), row.get("text"), row.get("about")) for row in found][:40]
        assert status == 0 and summary["replayed"] == summary["messages"] > 40
        assert summary["same"] > 500


def typed(site, answer):
    """`replay --send` at a terminal at which somebody types."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(BIN / "hilum"), "replay", "--config", str(site.config), "--send", "--note", "unit was wrong"],
        stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True)
    os.write(ours, answer.encode() + b"\n")
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    return process.returncode, out


def test_send_asks_the_person_at_the_terminal(site):
    until(lambda: len(site.emr.messages) == 3, what="what was given out")
    use(site, PROFILE.replace("mmol/L: {ucum: mmol/L}", "mmol/L: {ucum: mmol/L, factor: 10}"))
    for answer in ("yes", "send 3", ""):
        status, out = typed(site, answer)
        assert status == 1 and "2 reports can be sent as corrections to emr" in out and "is corrected by" not in out
    assert len(site.cli("messages")) == 4, "nothing was written"
    status, out = typed(site, "send 2")
    assert out.count("is corrected by report") == 2, out
    until(lambda: len(site.emr.messages) == 5, what="two corrections at the EMR")


def test_a_conversation_that_goes_on_is_left_for_later(tmp_path):
    folder(tmp_path, "profiles")
    port = free_port()
    with Gateway(tmp_path / "site", [device(port)], [], profiles=[str(tmp_path / "profiles")]) as gateway:
        with Sender(port) as analyser:
            analyser.send(message("S-0001", [("GLU", "5.3", "mmol/L", "N")]))
            until(lambda: asked(gateway, "SELECT count(*) FROM journal WHERE idle"), what="an idle point")
            out = frames(message("S-0002", [("GLU", "5.3", "mmol/L", "N")]))
            assert analyser.ask(ENQ) == ACK
            for one in out[:4]:
                assert analyser.ask(one) == ACK
            until(lambda: replay(gateway)[2]["replayed"] == 1, what="the whole message")
            assert replay(gateway)[:2] == (0, [])
            assert "bytes of conversations that go on" in hilum("replay", "--config", gateway.config).stdout
            for one in out[4:]:
                assert analyser.ask(one) == ACK
            analyser.write(b"\x04")
            until(lambda: replay(gateway)[2]["replayed"] == 2, what="both messages")
            assert replay(gateway)[:2] == (0, [])


def test_results_between_queries_and_orders(tmp_path):
    """What was answered to the device is not said again; its results are read all the same, its faults are not compared."""
    from test_orders import Analyser, gateway, take_up
    port = free_port()
    with gateway(tmp_path, port) as running:
        take_up(running, tmp_path, "PL1,00123,0007,Doe^Jane,19800229,F,GLU K,stat,,SER")
        with Analyser(port) as analyser:
            analyser.query("00123")
            assert analyser.take()
            assert analyser.send(message("00123", [("GLU", "5.3", "mmol/L", "N")]))
            analyser.query("NOBODY")
            assert analyser.take()
            assert analyser.send(message("00123", [("K", "4.1", "mmol/L", "N")]))
        until(lambda: ended(running, 1), what="a closed conversation")
        status, found, summary = replay(running)
        assert (status, found) == (0, []) and summary["replayed"] == summary["messages"] == 2
        assert summary["same"] == 2 and summary["dialogues"] >= 1
