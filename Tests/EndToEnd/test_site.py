"""What a site does with a gateway: a serial line, profiles edited while it runs, and everything that goes wrong."""
import os
import pathlib
import pty
import re
import socket
import subprocess
import threading
import tty

from support.astm import ACK, ENQ, Sender, frames, message
from support.emr import HL7EMR
from support.gateway import BIN, Gateway, hilum, until
from support.ports import free_port


def device(port, name="a1", profile="generic-lis"):
    return {"id": name, "profile": profile, "link": {"tcp": {"listen": port, "peer": "any"}}}


def to(emr):
    return [{"id": "emr", "hl7": {"host": "127.0.0.1", "port": emr.port}}]


def test_astm_over_a_serial_line(tmp_path):
    """A pseudo-terminal with nobody of ours at its other end: ENQ, frames, EOT byte by byte, ACK read back."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    name = os.ttyname(theirs)
    link = {"serial": {"path": name, "baud": 9600}}
    with HL7EMR() as emr, Gateway(tmp_path, [{"id": "s1", "profile": "generic-lis", "link": link}], to(emr)):
        def ask(data):
            for byte in data:
                os.write(ours, bytes([byte]))
            return os.read(ours, 1)

        until(lambda: ask(ENQ) == ACK, what="the line")
        for frame in frames(message("S-TTY", [("GLU", "5.3", "mmol/L", "N")])):
            assert ask(frame) == ACK
        os.write(ours, b"\x04")
        until(lambda: emr.messages, what="the result at the EMR")
        assert emr.results()[0][1] == "S-TTY"
    os.close(ours)
    os.close(theirs)


def test_a_profile_is_taken_up_without_dropping_the_link(tmp_path):
    folder = tmp_path / "profiles" / "acme"
    folder.mkdir(parents=True)
    text = "id: acme\nextends: generic-lis\nvendor: Acme\nmodel: One\nkind: chemistry\nsupport: claimed\n"
    (folder / "profile.yaml").write_text(text)
    (folder / "NOTES.md").write_text("Nothing known.\n")
    port = free_port()
    with HL7EMR() as emr, Gateway(
        tmp_path, [device(port, profile="acme")], to(emr), profiles=[str(tmp_path / "profiles")]
    ) as gateway, Sender(port) as analyser:
        assert analyser.send(message("S-1", [("XYZ", "5.3", "mmol/L", "N")]))
        (folder / "profile.yaml").write_text(text + "codes:\n  XYZ: {loinc: nonsense}\n")
        until(lambda: "profile.yaml:8" in gateway.log or "LOINC" in gateway.log, what="the error of the broken profile")
        assert analyser.send(message("S-2", [("XYZ", "5.4", "mmol/L", "N")])), "the old profile goes on"
        (folder / "profile.yaml").write_text(text + 'codes:\n  XYZ: {loinc: "2345-7", name: Glucose}\n')
        until(lambda: "profile taken up" in gateway.log, what="the new profile")
        assert analyser.send(message("S-3", [("XYZ", "5.5", "mmol/L", "N")])), "on the same connection"
        until(lambda: len(emr.messages) == 3, what="three messages")
        assert [row[2].split("^")[0] for row in emr.results()] == ["XYZ", "XYZ", "2345-7"]


def test_a_port_in_use_is_named_and_taken_once_it_is_free(tmp_path):
    port = free_port()
    holder = socket.create_server(("127.0.0.1", port))
    with HL7EMR() as emr, Gateway(tmp_path, [device(port)], to(emr)) as gateway:
        until(lambda: f"{port}" in gateway.log and "in use" in gateway.log, what="the alarm")
        assert any(str(port) in str(a) for a in gateway.cli("alarms", check=False)), "open alarms: exit status 1"
        holder.close()

        def sent():
            try:
                with Sender(port, timeout=2) as analyser:
                    return analyser.send(message("S-1", [("GLU", "5.3", "mmol/L", "N")]))
            except OSError:
                return False

        until(sent, timeout=60, what="the port")
        until(lambda: emr.messages, what="the result")


def test_a_second_gateway_on_the_same_state_is_refused(tmp_path):
    with HL7EMR() as emr, Gateway(tmp_path, [device(free_port())], to(emr)) as gateway:
        done = subprocess.run(
            [BIN / "hilum", "serve", "--config", gateway.config], capture_output=True, text=True, timeout=30)
        assert done.returncode != 0
        assert "another gateway" in done.stderr or "lock" in done.stderr, done.stderr


def test_a_line_without_end_is_refused_and_memory_stays(tmp_path):
    port = free_port()
    with HL7EMR() as emr, Gateway(tmp_path, [device(port, profile="generic-hl7")], to(emr)) as gateway:
        with socket.create_connection(("127.0.0.1", port)) as endless:
            endless.settimeout(60)
            block = b"\x0bMSH|^~\\&|" + b"A" * (1 << 20)
            sent = 0
            try:
                while sent < 200 << 20:
                    endless.sendall(block if sent == 0 else b"A" * (1 << 20))
                    sent += 1 << 20
            except OSError:
                pass
        resident = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text())[1])
        assert resident < 700_000, f"{resident} KB"
        with socket.create_connection(("127.0.0.1", port)) as well:
            well.settimeout(30)
            well.sendall(b"\x0bMSH|^~\\&|A||||20240318||ORU^R01|1|P|2.5\rPID|1||P1\rOBR|1||S-1\rOBX|1|NM|GLU||5|mmol/L|||||F\r\x1c\r")
            assert b"MSA|AA|1" in well.recv(4096)
        until(lambda: emr.messages, timeout=60, what="the result after it")


def test_an_emr_that_refuses_makes_a_dead_letter_that_a_person_resends(tmp_path):
    port = free_port()
    refuse = threading.Event()
    refuse.set()

    def answer(received):
        return received.create_ack("AR" if refuse.is_set() else "AA")

    with HL7EMR(answer=answer) as emr, Gateway(tmp_path, [device(port)], to(emr)) as gateway:
        with Sender(port) as analyser:
            assert analyser.send(message("S-1", [("GLU", "5.3", "mmol/L", "N")]))
        dead = until(lambda: [q for q in gateway.cli("queue") if q["state"] == "failed"], what="a dead letter")
        assert "AR" in str(dead[0])
        refuse.clear()
        gateway.cli("queue", "resend", str(dead[0]["item"]), "--note", "the EMR was put right")
        until(lambda: [q for q in gateway.cli("queue", "list", "--state", "delivered") if q["state"] == "delivered"], what="its delivery")
        assert "the EMR was put right" in str(gateway.cli("queue", "notes"))


def test_a_broken_configuration_names_line_and_cure(tmp_path):
    config = tmp_path / "hilum.yaml"
    text = "site: {name: X}\nstate: ./state\ndevices:\n  - id: a\n    profile: %s\n    link: {tcp: {%s: 5000}}\n"
    for profile, key, line, cure in [
        ("sysmex-xn1000", "lisen", "hilum.yaml:6", "listen"), ("sysmex-xnl000", "listen", "hilum.yaml:5", 'did you mean "sysmex-xn'),
    ]:
        config.write_text(text % (profile, key))
        done = hilum("check", "--config", config)
        said = done.stdout + done.stderr
        assert done.returncode == 1 and line in said and cure in said, said
