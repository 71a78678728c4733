"""Every ORU by hl7apy (STRICT), every Bundle by fhir.resources R4B: from every profile's own captures."""
import json
import re

import pytest
from fhir.resources.R4B.bundle import Bundle
from google.fhir.r4 import json_format as google
from google.fhir.r4.proto.core.resources import bundle_and_contained_resource_pb2 as bundle_pb2
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from support.gateway import ROOT, Gateway, hilum, until
from support.ports import free_port

PROFILES = sorted(p.parent for p in (ROOT / "DeviceProfiles").glob("*/profile.yaml"))


def check_oru(text: str):
    """What hl7apy checks, and what it does not."""
    # hl7apy knows ED.5 (data, TX) as a string of 199 characters: it judges the message with short data.
    judged = re.sub(r"\^Base64\^[A-Za-z0-9+/=]{100,}", "^Base64^AAAA", text)
    message = parse_message(judged, validation_level=VALIDATION_LEVEL.STRICT, find_groups=True)
    message.validate()
    segments = [s.split("|") for s in text.strip("\r").split("\r")]
    msh = segments[0]
    assert msh[8] == "ORU^R01^ORU_R01"
    assert 0 < len(msh[9]) <= 20, "MSH-10 has 20 characters in 2.5.1"
    for s in segments:
        if s[0] == "OBX":
            s += [""] * (25 - len(s))
            assert s[11] in "PRSFCWXD" and s[11], f"table 0085: {s}"
            assert s[3], f"OBX-3: {s}"
            if s[2] == "NM":
                float(s[5])
            if not s[5]:
                assert s[11] in "XW" or s[8], f"no value and no reason: {s}"


@pytest.fixture(scope="module")
def posted(tmp_path_factory):
    """Plays every profile's captures into one gateway and gives what it posted: files of ORU and of bundles."""
    folder = tmp_path_factory.mktemp("judges")
    devices, plays = [], []
    for profile in PROFILES:
        # The first capture that gives results; what must be refused (.err) has no play to end.
        captures = sorted((profile / "captures").glob("*.bin"))
        for capture in [c for c in captures if (profile / "expected" / f"{c.stem}.json").exists()][:1]:
            port = free_port()
            name = profile.name
            if "file" in capture.stem:
                drop = folder / "drop" / name
                drop.mkdir(parents=True)
                link = {"folder": {"path": str(drop), "pattern": "*"}}
            else:
                link, drop = {"tcp": {"listen": port, "peer": "any"}}, None
            devices.append({"id": name, "profile": profile.name, "link": link})
            plays.append((name, capture, port, drop))
    destinations = [
        {"id": "oru", "folder": {"path": str(folder / "oru"), "format": "hl7"}},
        {"id": "bundles", "folder": {"path": str(folder / "bundles"), "format": "fhir"}},
    ]
    for name in ("oru", "bundles"):
        (folder / name).mkdir()
    with Gateway(folder, devices, destinations) as gateway:
        failures = []
        for name, capture, port, drop in plays:
            if drop:
                (drop / "results.txt").write_bytes(capture.read_bytes())
                until(lambda: gateway.cli("messages", "list", "--device", name), what=f"the file of {name}")
                continue
            done = hilum("simulate", "--profile", name, "--capture", capture, "--to", f"tcp:127.0.0.1:{port}")
            if done.returncode != 0:
                failures.append(f"{name}: {done.stderr[-300:]}")
        until(lambda: not [q for q in gateway.cli("queue") if q["state"] == "waiting"], what="an empty queue")
    return folder, failures


def test_every_capture_plays(posted):
    assert not posted[1], "\n".join(posted[1])


def test_every_oru_is_valid(posted):
    files = sorted((posted[0] / "oru").rglob("*.hl7"))
    assert len(files) >= 20
    for file in files:
        check_oru(file.read_bytes().decode("utf-8"))


def check_bundle(text: str, name: str):
    """R4 by two readers; references that resolve; units with their system."""
    document = json.loads(text)
    Bundle.model_validate(document)
    google.json_fhir_string_to_proto(text, bundle_pb2.Bundle, validate=True, default_timezone="Asia/Shanghai")
    full = {e["fullUrl"] for e in document["entry"]}
    references = []

    def walk(node):
        if isinstance(node, dict):
            if isinstance(node.get("reference"), str):
                references.append(node["reference"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    for reference in references:
        if reference.startswith("urn:uuid:"):
            assert reference in full, f"{name}: {reference} is not in the bundle"
    for entry in document["entry"]:
        if entry["resource"]["resourceType"] == "Observation":
            quantity = entry["resource"].get("valueQuantity", {})
            assert not quantity.get("code") or quantity.get("system"), f"{name}: a unit code needs its system"
    return document


def test_every_bundle_is_valid(posted):
    files = sorted((posted[0] / "bundles").rglob("*.json"))
    assert len(files) >= 20
    for file in files:
        check_bundle(file.read_text(), file.name)
