"""Graphs and images of analysers: from the device's bytes to the files at both kinds of receiver, unaltered."""
import base64
import struct
import zlib

import hl7.client
from support.astm import EOT, ENQ, ACK, Sender, frames
from support.emr import FHIREMR, HL7EMR
from support.gateway import Gateway, hilum, until
from support.ports import free_port


def _bitmap(width, height, colour):
    """A 24-bit BMP of one colour."""
    row = bytes(colour) * width
    row += bytes(-len(row) % 4)
    pixels = row * height
    return (b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(pixels), 2835, 2835, 0, 0) + pixels)


def _deflated(numbers):
    """Raw deflate (RFC 1951) of little-endian floats."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(struct.pack(f"<{len(numbers)}f", *numbers)) + packer.flush()


def _celltac(specimen, images):
    records = ["H|\\^&|||CELL-X^1.0|||||||P|LIS02-A2|20240318125000", "P|1",
               f"O|1|^M^1|{specimen}|^^^CBC|||||||||||BLOOD|||||||20240318124500|||F",
               "R|1|^^^WBC|5.91|10e3/uL^9^1|4.00-9.00||||||||X"]
    for number, (name, data) in enumerate(images, 2):
        records.append(f"R|{number}|^^^{name}|" + base64.b64encode(data).decode())
    return [r.encode() for r in records + ["L|1|N"]]


def _send(port, out):
    with Sender(port) as analyser:
        assert analyser.ask(ENQ) == ACK
        for frame in out:
            assert analyser.ask(frame) == ACK
        analyser.write(EOT)


def _obx(emr):
    return [segment for message in emr.parsed for segment in message if str(segment[0]) == "OBX"]


def _encapsulated(emr):
    """test -> (type, subtype, bytes) of every OBX of type ED."""
    found = {}
    for segment in _obx(emr):
        if str(segment[2]) == "ED":
            _, kind, subtype, encoding, data = str(segment[5]).split("^")
            assert encoding == "Base64"
            found[str(segment[3])] = (kind, subtype, base64.b64decode(data, validate=True))
    return found


def test_images_and_curves_reach_both_receivers_and_files(tmp_path):
    cell, bc, yumizen = free_port(), free_port(), free_port()
    images = [("HIST_WBC", _bitmap(60, 40, (0, 0, 255))), ("SCAT_DIFF", _bitmap(33, 21, (9, 99, 199)))]
    packed = zlib.compress(b"no bitmap at all")
    curve, marks = _deflated([0, 278, 0, 726, 0, 0, 2, 3, 1, 2, 3, 7, 9, 4]), _deflated([0, 278, 0, 726, 2, 0])
    devices = [{"id": name, "profile": profile, "link": {"tcp": {"listen": port, "peer": "any"}}} for name, profile, port in (
        ("cell", "nihonkohden-celltac-mek1305", cell), ("bc", "mindray-bc5130", bc), ("yumizen", "horiba-yumizen-h550", yumizen))]
    with HL7EMR() as emr, FHIREMR() as fhir, Gateway(
        tmp_path, devices, [{"id": "emr", "hl7": {"host": "127.0.0.1", "port": emr.port}},
                            {"id": "fhir", "fhir": {"url": f"http://127.0.0.1:{fhir.port}/fhir"}}],
    ) as gateway:
        _send(cell, frames(_celltac("S1", images + [("HIST_PLT", packed)]), message_in_a_frame=True))
        text = "\r".join([
            "MSH|^~\\&|||||20240318140000||ORU^R01|41|P|2.3.1||||||UNICODE", "PID|1", "OBR|1||S2|||||20240318135900",
            "OBX|1|NM|6690-2^WBC^LN||14.02|10*9/L|4-10|H~A|||F",
            "OBX|2|ED|15008^WBC Histogram. BMP^99MRC||^Image^BMP^Base64^" + base64.b64encode(images[0][1]).decode() + "||||||F",
            "OBX|3|NM|15002^WBC Histogram. Left Line^99MRC||17||||||F"]) + "\r"
        with hl7.client.MLLPClient("127.0.0.1", bc) as analyser:
            analyser.send_message(text)
        stream = "FLOATLE-stream/deflate:base64^"
        _send(yumizen, frames([r.encode() for r in (
            "H|\\^&|||H500^9^2|||||||P|LIS2-A2|20240318", "P|1", "O|1|S3||^^^DIF|R",
            f"M|1|HISTOGRAM|RBC/PLT|RbcAlongRes|{stream}{base64.b64encode(marks).decode()}|{stream}{base64.b64encode(curve).decode()}",
            "R|1|^^^MCV^787-2|90.6|um3|84.0 - 94.0|N||F||||20240318110000", "L|1|N")]))
        until(lambda: len(emr.messages) >= 3 and len(fhir.bundles) >= 3, what="three reports at both destinations")

        sent = _encapsulated(emr)
        by_name = {name.split("^")[0] or name.split("^")[3]: what for name, what in sent.items()}
        assert by_name["HIST_WBC"] == ("IM", "x-bmp", images[0][1])
        assert by_name["SCAT_DIFF"] == ("IM", "x-bmp", images[1][1])
        assert by_name["15008"] == ("IM", "x-bmp", images[0][1])
        assert by_name["HIST_PLT"][1] not in ("BMP", "x-bmp") and by_name["HIST_PLT"][2] == packed, "what is no bitmap is not called one"
        assert by_name["RbcAlongRes"][2] == curve, "the curve, not its thresholds"
        assert len(sent) == 5
        assert sorted(row[3] for row in emr.results() if row[3].replace(".", "").isdigit()) == ["14.02", "5.91", "90.6"], \
            "what belongs to a graph is no result"

        resources = [e["resource"] for b in fhir.bundles for e in b["entry"]]
        media = sorted(base64.b64decode(r["content"]["data"]) for r in resources if r["resourceType"] == "Media")
        assert media == sorted([images[0][1], images[1][1], images[0][1]])
        assert all(r["content"]["contentType"] == "image/bmp" for r in resources if r["resourceType"] == "Media")
        documents = [r["content"][0]["attachment"] for r in resources if r["resourceType"] == "DocumentReference"]
        assert sorted(base64.b64decode(d["data"]) for d in documents) == sorted([packed, curve])
        reports = [r for r in resources if r["resourceType"] == "DiagnosticReport"]
        assert sorted(len(r.get("media", [])) for r in reports) == [0, 1, 2]

        rows = [r for r in gateway.cli("results", "list", "--all") if r["role"] == "attachment"]
        report = next(r["report"] for r in rows if r["specimen_id"] == "S1")
        folder = tmp_path / "pictures"
        shown = hilum("results", "show", str(report), "--config", gateway.config, "--save", folder)
        assert shown.returncode == 0, shown.stderr
        written = sorted(folder.iterdir())
        assert [f.name for f in written] == [f"report-{report}-1.bmp", f"report-{report}-2.bmp", f"report-{report}-3.bin"]
        assert [f.read_bytes() for f in written] == [images[0][1], images[1][1], packed]
        again = hilum("results", "show", str(report), "--config", gateway.config, "--save", folder)
        assert again.returncode == 1 and written[0].read_bytes() == images[0][1], "files that are there are not touched"
