"""Laboratory orders: from a file into the store, from there to analysers that ask or are sent, until the result is here."""
import json
import socket
import time

import hl7
import pytest
from support.astm import ACK, ENQ, EOT, ETB, ETX, NAK, STX, Sender, checksum, message
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

    def take(self, timeout=10, refuse=0, encoding="utf-8"):
        """One transmission of the host: its records, every frame checked and acknowledged; the first `refuse` times NAK."""
        assert self.answer(timeout) == ENQ
        self.write(ACK)
        text, number = b"", 1
        while True:
            first = self.answer(timeout)
            if first == EOT:
                return text.decode(encoding).split("\r")[:-1]
            assert first == STX
            body = b""
            while not body.endswith((ETX, ETB)):
                body += self.answer(timeout)
            assert self.answer() + self.answer() == checksum(body)
            assert self.answer() + self.answer() == b"\r\n"
            assert body[:1] == b"%d" % (number % 8)
            if refuse:
                refuse -= 1
                self.write(NAK)
                continue
            text += body[1:-1]
            number += 1
            self.write(ACK)

    def orders(self, *specimens, **options):
        """Asks, and gives the O records of the answer."""
        self.query(*specimens, **options)
        return [record.split("|") for record in self.take() if record.startswith("O")]


def codes(order):
    return [test.split("^")[3] for test in order[4].split("\\")] if order[4] else []


def profile(folder, name, base, orders, options=None):
    """A profile of the site's own."""
    place = folder / "profiles" / name
    place.mkdir(parents=True, exist_ok=True)
    text = f"id: {name}\nextends: {base}\nsupport: claimed\norders: {json.dumps(orders)}\n"
    (place / "profile.yaml").write_text(text + (f"options: {json.dumps(options)}\n" if options else ""))


def gateway(folder, *ports, base="generic-lis", orders=None, options=None, **more):
    """A gateway with an analyser a1, a2 … on each port."""
    profile(folder, "site-analyser", base, orders or {"unlisted": "send" if base == "generic-lis" else "leave"}, options)
    more["profiles"] = [str(folder / "profiles")]
    devices = [{"id": f"a{n}", "profile": "site-analyser", "link": {"tcp": {"listen": port, "peer": "any"}}}
               for n, port in enumerate(ports, 1)]
    return Gateway(folder / "gateway", devices, [], **more)


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
            analyser.query("00123")
            records = analyser.take()
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


def test_tests_that_no_profile_lists_are_told(tmp_path):
    """The device hears that nothing is ordered, and a person can see why."""
    port = free_port()
    with gateway(tmp_path, port, orders={"unlisted": "leave"}) as running, Analyser(port) as analyser:
        take_up(running, tmp_path, "PL1,00123,0007,,,,GLU,,,")
        analyser.query("00123")
        assert analyser.take()[-1] == "L|1|I"
        until(lambda: "none of the open tests is known" in running.log and "GLU" in running.log, what="the notice")
        assert states(running, "00123") == {"GLU": "registered"}


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
        running.cli("orders", "cancel", "PL1", "--laboratory", "--note", "test")
        analyser.query("S1")
        assert analyser.take()[-1] == "L|1|I"
        assert states(running, "S1") == {"GLU": "cancelled", "K": "cancelled"}
        refused = hilum("orders", "cancel", "PL1", "--laboratory", "--note", "test", "--config", str(running.config))
        assert refused.returncode == 1 and "no open test" in refused.stderr


def test_two_patients_under_one_specimen_are_held(tmp_path):
    port = free_port()
    with gateway(tmp_path, port) as running, Analyser(port) as analyser:
        take_up(running, tmp_path, "PL1,S1,P1,,,,GLU,,,", "PL2,S1,P2,,,,K,,,")
        analyser.query("S1")
        records = analyser.take()
        assert not [r for r in records if r[0] in "PO"], "nothing of either patient goes out"
        assert records[-1] == "L|1|Q", "and it is not said that nothing was ordered"
        alarm = until(lambda: [a for a in running.cli("alarms", check=False) if a["kind"] == "orders S1"], what="an alarm")
        assert "P1, P2" in alarm[0]["text"]
        assert set(states(running, "S1").values()) == {"registered"}
        running.cli("orders", "cancel", "PL2", "--laboratory", "--note", "test")
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
            running.cli("orders", "cancel", "PL1", "--laboratory", "--note", "test", "--test", "K")
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
       "QRD|20240318143000|R|D|{id}|||RD|{specimen}|OTH|||T\rQRF|Analyser|{times}|||RCT|COR|ALL\r")


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
        analyser.say(QRY.format(id=1, specimen="UNKNOWN", times="|"))
        answer = analyser.hear()
        assert (str(answer.segment("MSH")[9]), str(answer.segment("QAK")[2])) == ("QCK^Q02", "NF")
        analyser.say(QRY.format(id=2, specimen="0012", times="|"))
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


LAW = ("MSH|^~\\&|Analyser|Lab|LIS|Lab|20240318143000+0000||QBP^Q11^QBP_Q11|{id}|P|2.5.1|||NE|AL||UNICODE UTF-8|||LAB-27^IHE\r"
       "QPD|WOS^Work Order Step^IHE_LABTF|T{id}|{specimen}\rRCP|I||R\r")


def segments(message, name):
    return [[str(field) for field in segment] for segment in message.segments(name)]


def test_ihe_law_from_the_question_to_a_test_taken_back(tmp_path):
    port = free_port()
    with gateway(tmp_path, port, base="generic-law", orders={"download": "both"}) as running, \
            MLLPAnalyser(port) as analyser:
        analyser.say(LAW.format(id=1, specimen="NOBODY"))
        assert str(analyser.hear().segment("MSH")[9]) == "RSP^K11^RSP_K11"
        nothing = analyser.hear()
        assert str(nothing.segment("ORC")[1]) == "DC" and str(nothing.segment("SPM")[2]) == "NOBODY"
        analyser.say(LAW.format(id=2, specimen="|R7|3").replace("WOS^", "WOS_BY_RACK^"))
        assert analyser.hear() and str(analyser.hear().segment("ORC")[1]) == "DC", "nobody here knows what stands there"
        # Unasked: each test is a step with a number of its own; the device takes one and refuses the other.
        take_up(running, tmp_path, "PL1,S1,P1,Doe^Jane,,,2951-2 2823-3,,,")
        order = analyser.hear()
        assert str(order.segment("MSH")[9]) == "OML^O33^OML_O33" and str(order.segment("PID")[3]) == "P1"
        steps = {row[4]: row[2] for row in segments(order, "OBR")}
        assert list(steps) == ["2951-2^^LN", "2823-3^^LN"]

        def word(message, *lines):
            control = str(message.segment("MSH")[10])
            orc = "".join(f"ORC|{action}|{number}\r" for action, number in lines)
            analyser.say(f"MSH|^~\\&|Analyser|Lab|||20240318||ORL^O34^ORL_O42|9|P|2.5.1\rMSA|AA|{control}\rSPM|1|S1\r{orc}")

        word(order, ("OK", steps["2951-2^^LN"]), ("UA", steps["2823-3^^LN"]))
        until(lambda: states(running, "S1") == {"2951-2": "accepted", "2823-3": "refused"}, what="the device's word")
        running.cli("orders", "cancel", "PL1", "--laboratory", "--test", "2951-2", "--note", "wrong tube")
        cancel = analyser.hear()
        assert [(row[1], row[2]) for row in segments(cancel, "ORC")] == [("CA", steps["2951-2^^LN"])]
        word(cancel, ("CR", steps["2951-2^^LN"]))
        analyser.say(LAW.format(id=2, specimen="S1"))
        assert str(analyser.hear().segment("QAK")[2]) == "OK"
        again = analyser.hear()
        assert [row[4] for row in segments(again, "OBR")] == ["2823-3^^LN"], "what was refused is still wanted"
        assert segments(again, "OBR")[0][2] == steps["2823-3^^LN"]


def test_a_group_of_samples_by_hl7(tmp_path):
    port = free_port()
    with gateway(tmp_path, port, base="mindray-bs300") as running, MLLPAnalyser(port) as analyser:
        take_up(running, tmp_path, "PL1,0012,P1,,,,1742-6,,,", "PL2,0013,P2,,,,1920-8,,,", "PL3,0014,P3,,,,K,,,")
        analyser.say(QRY.format(id=1, specimen="", times="20200101000000|20991231235959"))
        assert str(analyser.hear().segment("QAK")[2]) == "OK"
        for number, (specimen, test) in enumerate([("0012", "ALT"), ("0013", "AST")], 1):
            display = analyser.hear()
            lines = {str(s[1]): str(s[3]) if len(s) > 3 else "" for s in display.segments("DSP")}
            assert lines["21"] == specimen and lines["29"] == test and str(display.segment("DSC")[1]) == str(number)
            control = str(display.segment("MSH")[10])
            code, number = ("AA", "0") if specimen == "0012" else ("AE", "205")
            analyser.say(f"MSH|^~\\&|A|L|||20240318||ACK^Q03|3|P|2.3.1\rMSA|{code}|{control}||||{number}\r")
        until(lambda: states(running, "0013") == {"1920-8": "refused"}, what="refusal")
        row = running.cli("orders", "list", "--laboratory", "--specimen", "0013")[0]
        assert "error 205" in row["note"] and row["device"] == "a1"
        assert states(running, "0012") == {"1742-6": "accepted"}


ORM = "MSH|^~\\&|||||20190504060725||ORM^O01|{id}|P|2.3.1||||||UNICODE\rORC|RF||{specimen}||IP\r"


def test_a_blood_count_is_asked_for_and_sent_until_its_result(tmp_path):
    port = free_port()
    with gateway(tmp_path, port, base="mindray-bc5130", orders={"download": "query"}) as running, \
            MLLPAnalyser(port) as analyser:
        take_up(running, tmp_path, "PL1,007,P1,Doe^Jane,,F,58410-2 57021-8 2345-7,,,")
        analyser.say(ORM.format(id=1, specimen="7"))
        assert segments(analyser.hear(), "MSA")[0][1:3] == ["AR", "1"]
        analyser.say(ORM.format(id=2, specimen="007"))
        order = analyser.hear()
        assert str(order.segment("MSA")[1]) == "AA" and str(order.segment("ORC")[2]) == "007"
        assert segments(order, "OBX")[-1][3:6] == ["08003^Test Mode^99MRC", "", "CBC+DIFF"]
        until(lambda: states(running, "007") == {"58410-2": "sent", "57021-8": "sent", "2345-7": "registered"}, what="sent")
        analyser.say("MSH|^~\\&|||||20240318120000||ORU^R01|3|P|2.3.1||||||UNICODE\rPID|1||P1^^^^MR\r"
                     "OBR|1||007|00001^Automated Count^99MRC|||20240318115500\r"
                     "OBX|1|NM|6690-2^WBC^LN||6.1|10*9/L|4-10|N|||F\rOBX|2|NM|751-8^NEU#^LN||3.2|10*9/L|2-7|N|||F\r")
        assert str(analyser.hear().segment("MSA")[1]) == "AA"
        until(lambda: states(running, "007")["57021-8"] == "resulted" == states(running, "007")["58410-2"], what="results")


AU_OPTIONS = {"start": "STX", "end": "ETX", "bcc": "none", "detect": False,
              "widths": {"system": 2, "id": 20, "sex": 1, "years": 3, "months": 2, "information": 20, "test": 3}}


class BlockAnalyser(Sender):
    """Blocks between STX and ETX, each answered by ACK."""

    def ask_block(self, text):
        assert self.ask(STX + text.encode() + ETX) == ACK
        return self.block()

    def block(self):
        assert self.answer() == STX
        text = b""
        while not text.endswith(ETX):
            text += self.answer()
        self.write(ACK)
        return text[:-1].decode()


def test_au_inquiries(tmp_path):
    port = free_port()
    orders = {"tests": {"2345-7": "99", "ELECTROLYTES": ["012", "013"]}}
    with gateway(tmp_path, port, base="olympus-au400", orders=orders, options=AU_OPTIONS) as running, \
            BlockAnalyser(port) as analyser:
        take_up(running, tmp_path, "PL1,00240318,P1,,,F,2345-7 ELECTROLYTES 777,,,")
        text = analyser.ask_block("R 01000301N0007" + "00240318".rjust(20))
        assert text.startswith("S 01000301 0007" + "00240318".rjust(20)) and text.endswith("099012013")
        until(lambda: states(running, "00240318") == {
            "2345-7": "accepted", "ELECTROLYTES": "accepted", "777": "registered"}, what="acceptance")
        unknown = analyser.ask_block("R 01000301N0008" + "00999".rjust(20))
        assert unknown.rstrip().endswith("E000000"), "no test behind the head"


def test_coagulation_inquiries(tmp_path):
    port = free_port()
    with gateway(tmp_path, port, base="sysmex-ca1500", orders={"download": "query"}) as running, \
            BlockAnalyser(port) as analyser:
        take_up(running, tmp_path, "PL1,0A1042,P1,Doe^Jane,,,5902-2 14979-9,,,")

        def inquire(specimen):
            head = "R1210101U2403180915" + "000007" + "05" + specimen.rjust(15) + "B"
            return analyser.ask_block(head + " " * 15 + "040      050      060      ")

        assert inquire("0A1042").endswith("040      050      ") and inquire("NONE").endswith("000      ")
        until(lambda: set(states(running, "0A1042").values()) == {"accepted"}, what="acceptance")
        block = "D1210101U240318091500000705" + "0A1042".rjust(15) + "B" + " " * 15 + "041  118 044  103 "
        assert analyser.ask(STX + block.encode() + ETX) == ACK
        until(lambda: states(running, "0A1042") == {"5902-2": "resulted", "14979-9": "accepted"}, what="the result")


def test_all_and_ranges_in_one_message_after_a_refused_frame(tmp_path):
    port = free_port()
    with gateway(tmp_path, port) as running, Analyser(port) as analyser:
        take_up(running, tmp_path, "PL1,A1,P1,,,,GLU,,,", "PL2,A2,P2,,,,NA,,,", "PL3,B1,P3,,,,K,,,")
        head = b"H|\\^&|||Generic^1.0|||||||P|LIS2-A2|20240318124000"
        assert analyser.send([head, b"Q|1|ALL||ALL||||||||O", b"L|1|N"])
        records = analyser.take(refuse=2)
        assert [r.split("|")[2] for r in records if r.startswith("O")] == ["A1", "A2", "B1"]
        assert [r.split("|")[1] for r in records if r.startswith("P")] == ["1", "2", "3"] and records[-1] == "L|1|F"
        assert analyser.send([head, b"Q|1|^A1|^A9|ALL||||||||O", b"L|1|N"])
        assert [r.split("|")[2] for r in analyser.take() if r.startswith("O")] == ["A1", "A2"]
        assert analyser.send([head, b"Q|1|^||ALL||||||||O", b"L|1|N"])
        assert analyser.take()[-1] == "L|1|I", "a tube without a code is not all tubes"


FAMILIES = [
    # Profile, its `orders`, what is ordered, Q.3 as the device writes it with {}; fields of the answer that the device wants.
    ("sysmex-xn1000", {}, "58410-2", "2^1^{:>22}^B",
     {3: "2^1^{:>22}^B", 5: "\\".join(f"^^^^{name}" for name in "WBC RBC HGB HCT MCV MCH MCHC PLT".split())}),
    ("roche-cobas-e411", {"tests": {"TSH": "10"}}, "TSH", "^^{}^0^50001^1^^S1^SC",
     {3: "{}", 4: "0^50001^1^^S1^SC", 5: "^^^10^", 26: "O"}),
    ("roche-cobas-c311", {"tests": {"GLU": "767"}}, "GLU", "11625^{}^1^^004", {3: "11625^{}^1^^004", 5: "^^^767^", 26: "O"}),
    ("abbott-architect", {"tests": {"TSH": "16"}}, "TSH", "^{}", {3: "{}", 5: "^^^16", 12: "A", 26: "Q"}),
    ("mindray-bs240", {"tests": {"X": "ALT"}}, "X", "^{}", {4: "{}", 5: "ALT"}),
    ("cepheid-genexpert", {}, "94500-6", "P1^{}", {3: "{}", 5: "^^^SARS", 16: "ORH"}),
]


@pytest.mark.parametrize("base, orders, code, question, fields", FAMILIES, ids=[family[0] for family in FAMILIES])
def test_what_a_family_wants_to_have_back(tmp_path, base, orders, code, question, fields):
    port = free_port()
    with gateway(tmp_path, port, base=base, orders={"download": "query", **orders}) as running, Analyser(port) as analyser:
        take_up(running, tmp_path, f"PL1,0A17,P1,,,,{code},,,")
        [order] = analyser.orders("0A17", component=question)
        assert {n: order[n - 1] for n in fields} == {n: text.format("0A17") for n, text in fields.items()}
        analyser.query("0B99", component=question)
        records = analyser.take()
        assert not [r for r in records if r.startswith("O")], "nobody's tests"
        if base == "abbott-architect":
            assert records[1].split("|")[2] == "^0B99" and records[1].split("|")[12] == "X"


def test_two_analysers_never_get_one_tube_unasked(tmp_path):
    ports = [free_port(), free_port()]
    with gateway(tmp_path, *ports, orders={"download": "push", "unlisted": "send"}) as running:
        with Analyser(ports[0]) as first, Analyser(ports[1]) as second:
            take_up(running, tmp_path, *[f"PL{n},S{n},P{n},,,,GLU,,," for n in range(6)])
            seen, idle = [], 0
            while idle < 3:
                idle += 1
                for analyser in (first, second):
                    try:
                        records = analyser.take(timeout=1)
                    except socket.timeout:
                        continue
                    idle = 0
                    seen += [r.split("|")[2] for r in records if r.startswith("O")]
            assert sorted(seen) == [f"S{n}" for n in range(6)]


def test_what_waits_for_others_does_not_keep_an_order_back(tmp_path):
    port = free_port()
    orders = {"download": "push", "tests": {"GLU": "GLU"}}
    with gateway(tmp_path, port, orders=orders) as running, Analyser(port) as analyser:
        take_up(running, tmp_path, *[f"PL{n},S{n},P{n},,,,OTHER,,," for n in range(450)], "PLX,SX,PX,,,,GLU,,,")
        assert next(r for r in analyser.take() if r.startswith("O|")).split("|")[2] == "SX"


def test_an_order_on_its_way_when_the_gateway_dies_goes_out_again(tmp_path):
    port = free_port()
    with gateway(tmp_path, port, orders={"download": "push", "unlisted": "send"}) as running:
        take_up(running, tmp_path, "PL1,S1,P1,,,,GLU,,,", "PL2,S2,P2,,,,K,,,")
        with Analyser(port) as analyser:
            assert analyser.answer() == ENQ
            analyser.write(ACK)
            assert analyser.answer() == STX
            running.kill()
        running.start()
        with Analyser(port) as analyser:
            told = [next(r for r in analyser.take() if r.startswith("O|")).split("|")[2] for _ in range(2)]
            assert told == ["S1", "S2"]
            until(lambda: states(running, "S1") == {"GLU": "accepted"}, what="acceptance")
        # The link comes and goes: what was taken is not sent again.
        with Analyser(port) as analyser:
            with pytest.raises(socket.timeout):
                analyser.answer(timeout=2)


def test_names_in_chinese_from_a_file_to_the_device(tmp_path):
    port = free_port()
    with gateway(tmp_path, port, options={"charset": "GB18030"}) as running, Analyser(port) as analyser:
        path = tmp_path / "orders.csv"
        path.write_bytes(f"{HEAD}\nPL1,S1,P1,张^三,,,GLU,,,\n".encode("gb18030"))
        assert running.cli("orders", "import", path)[0]["added"] == 1
        analyser.query("S1")
        assert any("张^三" in r for r in analyser.take(encoding="gb18030"))


def test_faults_of_a_file(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEAD}\nPL1,S1,,,,,GLU,,,\n")
    done = hilum("orders", "import", path, "--check")
    assert done.returncode == 1 and "line 2: patient_id is missing" in done.stderr
