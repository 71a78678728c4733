"""Laboratory orders: from a file into the store, from there to analysers that ask or are sent, until the result is here."""
import json
import socket
import time

import hl7
import pytest
from support.astm import ACK, ENQ, EOT, ETB, ETX, STX, Sender, checksum, message
from support.gateway import Gateway, hilum, until
from support.ports import free_port

HEAD = "placer,specimen_id,patient_id,patient_name,birth_date,sex,tests,priority,action,specimen_type"


class Analyser(Sender):
    """An analyser that asks, and takes what the host sends."""

    def query(self, *specimens, status="O", component="^{}"):
        records = [b"H|\\^&|||Generic^1.0|||||||P|LIS2-A2|20240318124000"]
        for n, specimen in enumerate(specimens, 1):
            records.append(f"Q|{n}|{component.format(specimen)}||ALL||||||||{status}".encode())
        return self.send(records + [b"L|1|N"])

    def take(self, timeout=10):
        """One transmission of the host: its records, every frame checked and acknowledged."""
        assert self.answer(timeout) == ENQ
        self.write(ACK)
        text, number = b"", 1
        while True:
            first = self.answer(timeout)
            if first == EOT:
                return text.decode().split("\r")[:-1]
            assert first == STX
            body = b""
            while not body.endswith((ETX, ETB)):
                body += self.answer(timeout)
            assert self.answer() + self.answer() == checksum(body)
            assert self.answer() + self.answer() == b"\r\n"
            assert body[:1] == b"%d" % (number % 8)
            text += body[1:-1]
            number += 1
            self.write(ACK)

    def orders(self, *specimens, **options):
        """Asks, and gives the O records of each answer."""
        self.query(*specimens, **options)
        return [record.split("|") for _ in specimens for record in self.take() if record.startswith("O")]


def codes(order):
    return [test.split("^")[3] for test in order[4].split("\\")] if order[4] else []


def profile(folder, name, base, orders):
    """A profile of the site's own."""
    place = folder / "profiles" / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "profile.yaml").write_text(f"id: {name}\nextends: {base}\nsupport: claimed\norders: {json.dumps(orders)}\n")


def gateway(folder, port, base="generic-lis", orders=None, **more):
    profile(folder, "site-analyser", base, orders or {"unlisted": "send" if base == "generic-lis" else "leave"})
    more["profiles"] = [str(folder / "profiles")]
    device = {"id": "a1", "profile": "site-analyser", "link": {"tcp": {"listen": port, "peer": "any"}}}
    return Gateway(folder / "gateway", [device], [], **more)


def take_up(running, folder, *lines):
    path = folder / "orders.csv"
    path.write_text("\n".join([HEAD, *lines]) + "\n")
    return running.cli("orders", "import", path)[0]


def states(running, specimen):
    rows = running.cli("orders", "list", "--laboratory", "--all", "--specimen", specimen)
    return {row["test"]: row["state"] for row in rows}


def test_an_analyser_asks_measures_and_the_order_is_done(tmp_path):
    port = free_port()
    with gateway(tmp_path, port) as running:
        taken = take_up(running, tmp_path, "PL1,00123,0007,Doe^Jane,19800229,F,GLU K,stat,,SER")
        assert (taken["orders"], taken["added"]) == (1, 2)
        with Analyser(port) as analyser:
            started = time.monotonic()
            analyser.query("00123")
            records = analyser.take()
            assert time.monotonic() - started < 2, "analysers wait two seconds"
            patient = next(r for r in records if r.startswith("P|")).split("|")
            assert patient[2:4] == ["", "0007"] or "0007" in patient
            assert patient[5] == "Doe^Jane" and patient[7] == "19800229" and patient[8] == "F"
            order = next(r for r in records if r.startswith("O|")).split("|")
            assert order[2] == "00123" and codes(order) == ["GLU", "K"] and order[5] == "S" and order[25] == "Q"
            assert records[-1] == "L|1|F"
            until(lambda: states(running, "00123") == {"GLU": "accepted", "K": "accepted"}, what="acceptance")
            assert analyser.send(message("00123", [("GLU", "5.3", "mmol/L", "N")]))
            until(lambda: states(running, "00123")["GLU"] == "resulted", what="the result's mark")
            assert [codes(o) for o in analyser.orders("00123")] == [["K"]], "only what is still open"


def test_unknown_two_at_once_add_on_and_cancelled(tmp_path):
    port = free_port()
    with gateway(tmp_path, port) as running, Analyser(port) as analyser:
        analyser.query("NOBODY")
        records = analyser.take()
        assert not [r for r in records if r[0] in "PO"] and records[-1] == "L|1|I"
        take_up(running, tmp_path, "PL1,S1,P1,,,,GLU,,,", "PL2,S2,P2,,,,NA,,,")
        answers = analyser.orders("S1", "S2")
        assert [(o[2], codes(o)) for o in answers] == [("S1", ["GLU"]), ("S2", ["NA"])]
        take_up(running, tmp_path, "PL1,S1,P1,,,,K,,add,")
        assert [codes(o) for o in analyser.orders("S1")] == [["GLU", "K"]]
        take_up(running, tmp_path, "PL1,S1,P1,,,,GLU,,cancel,")
        assert [codes(o) for o in analyser.orders("S1")] == [["K"]]
        running.cli("orders", "cancel", "PL1", "--laboratory")
        analyser.query("S1")
        assert analyser.take()[-1] == "L|1|I"
        assert states(running, "S1") == {"GLU": "cancelled", "K": "cancelled"}
        refused = hilum("orders", "cancel", "PL1", "--laboratory", "--config", str(running.config))
        assert refused.returncode == 1 and "no open test" in refused.stderr


def test_two_patients_under_one_specimen_are_held(tmp_path):
    port = free_port()
    with gateway(tmp_path, port) as running, Analyser(port) as analyser:
        take_up(running, tmp_path, "PL1,S1,P1,,,,GLU,,,", "PL2,S1,P2,,,,K,,,")
        analyser.query("S1")
        records = analyser.take()
        assert not [r for r in records if r[0] in "PO"], "nothing of either patient goes out"
        alarm = until(lambda: [a for a in running.cli("alarms", check=False) if a["kind"] == "orders S1"], what="an alarm")
        assert "P1, P2" in alarm[0]["text"]
        assert set(states(running, "S1").values()) == {"registered"}
        running.cli("orders", "cancel", "PL2", "--laboratory")
        assert [codes(o) for o in analyser.orders("S1")] == [["GLU"]]
        until(lambda: not [a for a in running.cli("alarms", check=False) if a["kind"] == "orders S1"], what="the alarm's end")


def test_orders_outlive_a_crash(tmp_path):
    port = free_port()
    with gateway(tmp_path, port) as running:
        take_up(running, tmp_path, "PL1,S1,P1,,,,GLU,,,")
        running.kill()
        running.start()
        with Analyser(port) as analyser:
            assert [codes(o) for o in analyser.orders("S1")] == [["GLU"]]


def test_orders_are_sent_unasked_taken_back_and_not_twice(tmp_path):
    port = free_port()
    orders = {"download": "both", "unlisted": "send", "specimens": {"SER": "1"}}
    with gateway(tmp_path, port, orders=orders) as running:
        take_up(running, tmp_path, "PL1,S1,P1,Doe^Jane,,,GLU,,,SER")
        with Analyser(port) as analyser:
            order = next(r for r in analyser.take() if r.startswith("O|")).split("|")
            assert order[2] == "S1" and codes(order) == ["GLU"] and order[11] == "N" and order[15] == "1"
            until(lambda: states(running, "S1") == {"GLU": "accepted"}, what="acceptance")
            take_up(running, tmp_path, "PL1,S1,P1,,,,K,,add,SER")
            order = next(r for r in analyser.take() if r.startswith("O|")).split("|")
            assert codes(order) == ["K"] and order[11] == "A"
            until(lambda: states(running, "S1")["K"] == "accepted", what="acceptance")
            running.cli("orders", "cancel", "PL1", "--laboratory", "--test", "K")
            order = next(r for r in analyser.take() if r.startswith("O|")).split("|")
            assert codes(order) == ["K"] and order[11] == "C"
            until(lambda: states(running, "S1")["K"] == "cancelled")
        running.kill()
        running.start()
        with Analyser(port) as analyser:
            with pytest.raises(socket.timeout):
                analyser.answer(timeout=2)


def test_a_query_meets_an_order_on_its_way(tmp_path):
    """Contention: the analyser sends ENQ while the host does; the analyser wins, its result is taken, the order follows."""
    port = free_port()
    with gateway(tmp_path, port, orders={"download": "push", "unlisted": "send"}) as running:
        with Analyser(port) as analyser:
            analyser.send(message("X1", [("GLU", "5.3", "mmol/L", "N")]))
            take_up(running, tmp_path, "PL1,S1,P1,,,,GLU,,,")
            assert analyser.answer() == ENQ
            analyser.write(ENQ)
            time.sleep(1)
            assert analyser.send(message("X2", [("GLU", "5.4", "mmol/L", "N")]))
            order = next(r for r in analyser.take(timeout=40) if r.startswith("O|")).split("|")
            assert order[2] == "S1"
        assert {r["specimen_id"] for r in running.cli("results")} == {"X1", "X2"}


QRY = ("MSH|^~\\&|Analyser|Lab|||20240318143000||QRY^Q02|{id}|P|2.3.1||||||UNICODE\r"
       "QRD|20240318143000|R|D|{id}|||RD|{specimen}|OTH|||T\rQRF|Analyser|||||RCT|COR|ALL\r")


class MLLPAnalyser:
    """Asks by QRY^Q02; python-hl7 reads what comes."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, text):
        self.socket.sendall(b"\x0b" + text.encode() + b"\x1c\r")

    def hear(self):
        while b"\x1c\r" not in self.rest:
            piece = self.socket.recv(65536)
            assert piece, "closed"
            self.rest += piece
        text, self.rest = self.rest.split(b"\x1c\r", 1)
        return hl7.parse(text.lstrip(b"\x0b").decode())


def test_mindray_asks_by_hl7(tmp_path):
    port = free_port()
    with gateway(tmp_path, port, base="mindray-bs300") as running, MLLPAnalyser(port) as analyser:
        take_up(running, tmp_path, "PL1,0012,P1,Doe^Jane,19800229,F,1742-6 99999-9,,,")
        analyser.say(QRY.format(id=1, specimen="UNKNOWN"))
        answer = analyser.hear()
        assert (str(answer.segment("MSH")[9]), str(answer.segment("QAK")[2])) == ("QCK^Q02", "NF")
        analyser.say(QRY.format(id=2, specimen="0012"))
        answer = analyser.hear()
        assert str(answer.segment("QAK")[2]) == "OK" and str(answer.segment("MSA")[2]) == "2"
        display = analyser.hear()
        assert str(display.segment("MSH")[9]) == "DSR^Q03"
        lines = {str(s[1]): str(s[3]) if len(s) > 3 else "" for s in display.segments("DSP")}
        assert lines["1"] == "P1" and lines["21"] == "0012" and lines["5"] == "F"
        assert [v for k, v in lines.items() if int(k) > 28] == ["ALT"], "the device's own code, and no one else's test"
        assert set(states(running, "0012").values()) == {"registered"}, "nothing is marked before the device's word"
        control = str(display.segment("MSH")[10])
        analyser.say(f"MSH|^~\\&|Analyser|Lab|||20240318143001||ACK^Q03|3|P|2.3.1\rMSA|AA|{control}|ok\rERR|0\r")
        until(lambda: states(running, "0012") == {"1742-6": "accepted", "99999-9": "registered"}, what="acceptance")


def test_faults_of_a_file(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEAD}\nPL1,S1,,,,,GLU,,,\n")
    done = hilum("orders", "import", path, "--check")
    assert done.returncode == 1 and "line 2: patient_id is missing" in done.stderr
