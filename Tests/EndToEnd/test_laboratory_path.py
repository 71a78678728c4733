"""From an analyser's bytes to the EMR's acknowledgement, with peers that nobody of the product wrote."""
import asyncio

import hl7.client
import pytest
from support.astm import ACK, ENQ, EOT, NAK, Sender, frame, frames, message
from support.emr import FHIREMR, HL7EMR
from support.gateway import Gateway, until
from support.ports import free_port

ORU = "\r".join([
    "MSH|^~\\&|Analyser|Lab|||20240318143000||ORU^R01|{id}|P|2.3.1||||0||UNICODE",
    "PID|1|P77^^^^MR",
    "OBR|1|{specimen}|{specimen}|Mindray^BS-300||||||||||||||||||||||",
    "OBX|1|NM|12|ALT|31.5|U/L|0-40|N|||F||31.5|20240318142800",
    "OBX|2|NM|13|AST|<5|U/L|0-40|L|||F||4.1|20240318142800",
]) + "\r"


def tcp_device(name, profile, port):
    return {"id": name, "profile": profile, "link": {"tcp": {"listen": port, "peer": "any"}}}


def hl7_destination(emr, name="emr"):
    return {"id": name, "hl7": {"host": "127.0.0.1", "port": emr.port}}


@pytest.mark.parametrize("pieces", [None, 1, 7])
def test_astm_over_tcp_reaches_the_emr(tmp_path, pieces):
    port = free_port()
    with HL7EMR() as emr, Gateway(tmp_path, [tcp_device("a1", "generic-lis", port)], [hl7_destination(emr)]) as gateway:
        with Sender(port, pieces=pieces) as analyser:
            assert analyser.send(message("S-0001", [("GLU", "5.3", "mmol/L", "N"), ("K", ">6.5", "mmol/L", "H")]))
        until(lambda: emr.messages, what="a message at the EMR")
        values = {(row[1], row[2].split("^")[0] or row[2].split("^")[3]): row[3] for row in emr.results()}
        assert values[("S-0001", "GLU")] == "5.3"
        assert values[("S-0001", "K")] == ">^6.5"
        rows = gateway.cli("results")
        assert {r["test_code"]: r["value"] for r in rows} == {"GLU": "5.3", "K": ">6.5"}


def test_the_link_rules_of_lis01(tmp_path):
    """Bad checksum, wrong frame number, retransmission, coalesced frames: each is stored once."""
    port = free_port()
    records = message("S-0002", [("GLU", "5.3", "mmol/L", "N"), ("NA", "140", "mmol/L", "N")])
    with HL7EMR() as emr, Gateway(tmp_path, [tcp_device("a1", "generic-lis", port)], [hl7_destination(emr)]):
        with Sender(port) as analyser:
            out = frames(records)
            assert analyser.ask(ENQ) == ACK
            assert analyser.ask(out[0]) == ACK
            damaged = bytearray(out[1])
            damaged[2] ^= 1
            assert analyser.ask(bytes(damaged)) == NAK
            assert analyser.ask(out[1]) == ACK
            assert analyser.ask(frame(5, b"R|9|^^^K|9.9|mmol/L\r")) == NAK, "a frame out of order"
            assert analyser.ask(out[2]) == ACK
            assert analyser.ask(out[2]) == ACK, "a retransmission is acknowledged again"
            analyser.write(b"noise" + out[3] + out[4])
            assert (analyser.answer(), analyser.answer()) == (ACK, ACK)
            for f in out[5:]:
                assert analyser.ask(f) == ACK
            analyser.write(EOT)
        until(lambda: emr.messages, what="a message at the EMR")
        assert sorted(row[3] for row in emr.results()) == ["140", "5.3"]


def test_a_resend_is_acknowledged_and_not_posted_twice(tmp_path):
    port = free_port()
    with HL7EMR() as emr, Gateway(tmp_path, [tcp_device("a1", "generic-lis", port)], [hl7_destination(emr)]) as gateway:
        with Sender(port) as analyser:
            for _ in range(3):
                assert analyser.send(message("S-0003", [("GLU", "5.3", "mmol/L", "N")]))
            assert analyser.send(message("S-0003", [("GLU", "5.9", "mmol/L", "N")], sent="20240318130000"))
        until(lambda: len(emr.messages) >= 2, what="result and correction at the EMR")
        assert [(row[3], row[4]) for row in emr.results()] == [("5.3", "F"), ("5.9", "C")]
        assert len(gateway.cli("messages")) == 4, "every message is kept"


def test_python_hl7_as_analyser(tmp_path):
    port = free_port()
    with HL7EMR() as emr, FHIREMR() as fhir, Gateway(
        tmp_path, [tcp_device("c1", "mindray-bs300", port)],
        [hl7_destination(emr), {"id": "fhir", "fhir": {"url": f"http://127.0.0.1:{fhir.port}/fhir"}}],
    ):
        with hl7.client.MLLPClient("127.0.0.1", port) as analyser:
            for n in range(3):
                text = ORU.format(id=n, specimen=f"BAR{n}")
                ack = hl7.parse(analyser.send_message(text).strip(b"\x0b\x1c\r").decode())
                assert str(ack.segment("MSA")[1]) == "AA"
                assert str(ack.segment("MSA")[2]) == str(n)
        until(lambda: len(emr.messages) >= 3 and len(fhir.bundles) >= 3, what="three results at both destinations")
        assert {row[1] for row in emr.results()} == {"BAR0", "BAR1", "BAR2"}
        observations = [e["resource"] for b in fhir.bundles for e in b["entry"] if e["resource"]["resourceType"] == "Observation"]
        below = [o for o in observations if o["valueQuantity"].get("comparator")]
        assert below and all(o["valueQuantity"]["comparator"] == "<" for o in below)


def test_order_of_one_patient_holds_and_an_absent_emr_loses_nothing(tmp_path):
    port = free_port()
    emr = HL7EMR()
    with Gateway(tmp_path, [tcp_device("a1", "generic-lis", port)], [hl7_destination(emr)]) as gateway:
        with Sender(port) as analyser:
            for n in range(5):
                assert analyser.send(message("S-0004", [("GLU", f"5.{n}", "mmol/L", "N")], sent=f"2024031812400{n}"))
        waiting = until(lambda: [q for q in gateway.cli("queue") if q["state"] != "delivered"], what="a queue")
        assert len(waiting) == 5
        with emr:
            until(lambda: len(emr.messages) >= 5, timeout=60, what="five messages at the EMR")
            assert [row[3] for row in emr.results()] == [f"5.{n}" for n in range(5)]


def test_an_acknowledgement_for_another_message_releases_nothing(tmp_path):
    port = free_port()
    seen = []

    def wrong_once(received):
        ack = received.create_ack()
        seen.append(str(received.segment("MSH")[10]))
        if len(seen) == 1:
            ack.segment("MSA")[2] = "SOMETHING-ELSE"
        return ack

    with HL7EMR(answer=wrong_once) as emr, Gateway(
        tmp_path, [tcp_device("a1", "generic-lis", port)],
        [{"id": "emr", "hl7": {"host": "127.0.0.1", "port": emr.port, "timeout": "2s"}}],
    ):
        with Sender(port) as analyser:
            assert analyser.send(message("S-0005", [("GLU", "5.3", "mmol/L", "N")]))
        until(lambda: len(emr.messages) >= 2, timeout=60, what="the same message again")
        assert emr.messages[0] == emr.messages[1], "a retry sends the same bytes"


def test_several_devices_on_one_port_are_told_apart_by_address(tmp_path):
    port = free_port()
    devices = [
        {"id": f"a{n}", "profile": "generic-lis", "link": {"tcp": {"listen": port, "peer": f"127.0.0.{n}"}}} for n in (1, 2)
    ]
    with HL7EMR() as emr, Gateway(tmp_path, devices, [hl7_destination(emr)]) as gateway:
        for n in (1, 2):
            with Sender(port, source=f"127.0.0.{n}") as analyser:
                assert analyser.send(message(f"S-{n}", [("GLU", "5.3", "mmol/L", "N")]))
        until(lambda: len(emr.messages) >= 2, what="two messages")
        assert {(r["device"], r["specimen_id"]) for r in gateway.cli("results")} == {("a1", "S-1"), ("a2", "S-2")}


def test_control_material_and_ownerless_results_never_reach_the_emr(tmp_path):
    port = free_port()
    with HL7EMR() as emr, Gateway(tmp_path, [tcp_device("a1", "generic-lis", port)], [hl7_destination(emr)]) as gateway:
        with Sender(port) as analyser:
            control = message("QC-1", [("GLU", "5.0", "mmol/L", "N")])
            control[2] = b"O|1|QC-1||^^^GLU|R||||||Q"
            assert analyser.send(control)
            assert analyser.send(message("", [("GLU", "7.7", "mmol/L", "N")]))
            assert analyser.send(message("S-0006", [("GLU", "5.3", "mmol/L", "N")]))
        until(lambda: emr.messages, what="the patient's result")
        assert [row[3] for row in emr.results()] == ["5.3"]
        held = [r for r in gateway.cli("results", "--state", "held")]
        assert [r["value"] for r in held] == ["7.7"]
        assert any("no-owner" in str(r) for r in held)


def test_concurrent_analysers(tmp_path):
    ports = [free_port() for _ in range(8)]
    with HL7EMR() as emr, Gateway(
        tmp_path, [tcp_device(f"a{n}", "generic-lis", p) for n, p in enumerate(ports)], [hl7_destination(emr)]
    ):
        async def run(n, port):
            def work():
                with Sender(port) as analyser:
                    for k in range(10):
                        assert analyser.send(message(f"D{n}-{k}", [("GLU", f"{n}.{k}", "mmol/L", "N")]))
            await asyncio.to_thread(work)

        async def everyone():
            await asyncio.gather(*(run(n, port) for n, port in enumerate(ports)))

        asyncio.run(everyone())
        until(lambda: len(emr.messages) >= 80, timeout=60, what="80 messages")
        assert len({row[1] for row in emr.results()}) == 80
