"""Imaging: every ORU by hl7apy (STRICT), every Bundle by two readers of FHIR R4, and both against pydicom's view of the files."""
import base64
import collections
import json

import pydicom
import pytest
from support.dicom import SAMPLES, ImagingSite, send_files
from support.gateway import until
from test_judges import check_bundle, check_oru

FILES = sorted(SAMPLES.glob("*.dcm"))


def folders(folder):
    """Destinations that write what an EMR would get: ORU and bundles."""
    for name in ("oru", "bundles"):
        (folder / name).mkdir()
    return [
        {"id": "oru", "folder": {"path": str(folder / "oru"), "format": "hl7", "raw_rows": True}},
        {"id": "bundles", "folder": {"path": str(folder / "bundles"), "format": "fhir", "raw_rows": True}},
    ]


@pytest.fixture(scope="module")
def posted(tmp_path_factory):
    """Sends all samples, which are of one study, and gives the ORU and the bundle that were made of them."""
    folder = tmp_path_factory.mktemp("imaging-judges")
    with ImagingSite(folder / "g", folders(folder)) as gateway:
        assert all(status == 0 for _, status, _ in send_files(gateway.dicom, FILES))
        gateway.complete(pydicom.dcmread(FILES[0], stop_before_pixels=True).StudyInstanceUID)
        made = until(lambda: (o := sorted((folder / "oru").rglob("*.hl7"))) and (b := sorted((folder / "bundles").rglob("*.json")))
                     and (o, b), timeout=120, what="the files of both destinations")
    return made[0][-1].read_bytes().decode(), made[1][-1].read_text()


def test_the_oru_is_valid(posted):
    check_oru(posted[0])


def test_the_bundle_is_valid(posted):
    check_bundle(posted[1], "bundle")


def numbers(data):
    """Numbers of a content tree as pydicom reads it: what a chart must have. Texts of Numeric Value, by code."""
    found = collections.Counter()

    def code(sequence):
        return sequence[0].get("CodeValue") or sequence[0].get("LongCodeValue") if sequence else None

    def walk(item, in_event=False):
        if item.get("RelationshipType") in ("HAS ACQ CONTEXT", "HAS OBS CONTEXT", "HAS CONCEPT MOD"):
            return
        name = code(item.get("ConceptNameCodeSequence"))
        # Settings of the machine at each irradiation stay in the archive; its dose is told.
        in_event = in_event or name in ("113706", "113819")
        if item.get("ValueType") == "NUM" and item.get("MeasuredValueSequence"):
            if not in_event or name in ("113830", "113838", "113825", "122130", "113738"):
                value = item.MeasuredValueSequence[0].NumericValue
                found[(name, float(value))] += 1
        for child in item.get("ContentSequence") or []:
            walk(child, in_event)

    walk(data)
    for note in data.get("WaveformAnnotationSequence") or []:
        if "NumericValue" in note:
            found[(code(note.get("ConceptNameCodeSequence")), float(note.NumericValue))] += 1
    return found


@pytest.fixture(scope="module")
def expected():
    total = collections.Counter()
    for file in FILES:
        data = pydicom.dcmread(file, stop_before_pixels=True)
        # The corrected text has no numbers; nothing else in the samples is replaced.
        total += numbers(data)
    assert sum(total.values()) > 50
    return total


def own(code):
    """`147842`, by which ISO 11073 is named outside DICOM, as DICOM writes it: `2:16770`."""
    return f"{int(code) >> 16}:{int(code) & 0xFFFF}"


def test_no_number_is_lost_or_changed_on_the_way_to_hl7(posted, expected):
    found = collections.Counter()
    for line in posted[0].split("\r"):
        fields = line.split("|")
        if fields[0] == "OBX" and fields[2] == "NM" and "Count^" not in fields[3]:
            code, _, scheme = fields[3].split("^")[:3]
            found[(own(code) if scheme == "MDC" else code, float(fields[5]))] += 1
    assert found == expected


def test_no_number_is_lost_or_changed_on_the_way_to_fhir(posted, expected):
    found = collections.Counter()
    for entry in json.loads(posted[1], parse_float=str)["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Observation" and "valueQuantity" in resource:
            coding = resource["code"]["coding"][0]
            code = own(coding["code"]) if coding["system"] == "urn:iso:std:iso:11073:10101" else coding["code"]
            found[(code, float(resource["valueQuantity"]["value"]))] += 1
    # SNOMED RT has no place in FHIR: those codes are concepts of SNOMED CT there. The samples name numbers by other schemes.
    assert found == expected


def test_the_study_and_its_files(posted):
    resources = collections.defaultdict(list)
    for entry in json.loads(posted[1])["entry"]:
        resources[entry["resource"]["resourceType"]].append(entry["resource"])
    study = resources["ImagingStudy"][0]
    data = [pydicom.dcmread(f, stop_before_pixels=True) for f in FILES]
    assert study["identifier"][0] == {"system": "urn:dicom:uid", "value": f"urn:oid:{data[0].StudyInstanceUID}"}
    assert study["numberOfInstances"] == len(data) and study["numberOfSeries"] == len({d.SeriesInstanceUID for d in data})
    listed = {i["uid"]: i["sopClass"]["code"] for s in study["series"] for i in s["instance"]}
    assert listed == {d.SOPInstanceUID: f"urn:oid:{d.SOPClassUID}" for d in data}
    sources = {r["identifier"]["value"] for o in resources["Observation"] for r in o["derivedFrom"] if "identifier" in r}
    documents = {f"urn:oid:{d.SOPInstanceUID}" for d in data if d.Modality in ("SR", "KO", "ECG")}
    assert sources <= documents and len(sources) >= 11, "every observation names its document"
    pdf = next(d for d in data if d.Modality == "DOC")
    attachment = resources["DocumentReference"][0]["content"][0]["attachment"]
    assert base64.b64decode(attachment["data"]) == pdf.EncapsulatedDocument[:pdf.EncapsulatedDocumentLength]
    uid = [line for line in posted[0].split("\r") if "|113014^DICOM Study^DCM|" in line]
    assert len(uid) == 1 and data[0].StudyInstanceUID in uid[0]


def written(folder, count):
    """The files that a destination wrote, oldest first, when there are so many."""
    files = until(lambda: (f := [p for p in folder.iterdir() if not p.name.startswith(".")]) and len(f) >= count and f,
                  timeout=120, what=f"{count} files in {folder.name}")
    return [p.read_bytes().decode() for p in sorted(files, key=lambda p: p.stat().st_mtime_ns)]


def test_a_corrected_measurement_corrects(tmp_path):
    """A second version of an echo report comes late: a value changed, a row taken away. The EMR replaces, and is told why."""
    first = pydicom.dcmread(SAMPLES / "sr-echo.dcm")
    second = pydicom.dcmread(SAMPLES / "sr-echo.dcm")
    second.SOPInstanceUID = second.file_meta.MediaStorageSOPInstanceUID = first.SOPInstanceUID + ".2"
    second.ContentTime = "110000"
    before, series, study = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    before.ReferencedSOPClassUID, before.ReferencedSOPInstanceUID = first.SOPClassUID, first.SOPInstanceUID
    series.SeriesInstanceUID, series.ReferencedSOPSequence = first.SeriesInstanceUID, [before]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = first.StudyInstanceUID, [series]
    second.PredecessorDocumentsSequence = [study]
    left, mitral = [c for c in second.ContentSequence if c.ConceptNameCodeSequence[0].CodeValue == "121070"]
    fraction = left.ContentSequence[1].ContentSequence[3]
    assert fraction.ConceptNameCodeSequence[0].CodeValue == "18043-0"
    fraction.MeasuredValueSequence[0].NumericValue = "58"
    assert mitral.ContentSequence[1].ContentSequence.pop().ConceptNameCodeSequence[0].CodeValue == "GEU-106-23"
    second.save_as(tmp_path / "second.dcm")
    with ImagingSite(tmp_path / "g", folders(tmp_path)) as gateway:
        assert all(status == 0 for _, status, _ in send_files(gateway.dicom, [SAMPLES / "sr-echo.dcm"]))
        gateway.complete(first.StudyInstanceUID)
        written(tmp_path / "oru", 1)
        assert all(status == 0 for _, status, _ in send_files(gateway.dicom, [tmp_path / "second.dcm"]))
        gateway.complete(first.StudyInstanceUID, version=2)
        messages, bundles = written(tmp_path / "oru", 2), written(tmp_path / "bundles", 2)
    rows = []
    for message in messages:
        check_oru(message)
        lines = [line.split("|") for line in message.split("\r")]
        rows.append({(f[3].split("^")[0], f[4]): (f[5], f[11]) for f in lines if f[0] == "OBX"})
    assert {k for k in rows[0]} == {k for k in rows[1]}, "the same rows under the same names"
    changed = {k[0]: (rows[0][k], rows[1][k]) for k in rows[0] if rows[0][k] != rows[1][k]}
    assert changed.pop("18043-0") == (("62", "F"), ("58", "C"))
    assert changed.pop("GEU-106-23") == (("-0.5", "F"), ("-0.5", "W"))
    assert {k: v[1][1] for k, v in changed.items()} == {"InstanceCount": "C"}, "nothing else changed but the number of instances"
    targets, statuses = [], []
    for text in bundles:
        document = check_bundle(text, "bundle")
        entries = [e for e in document["entry"] if e["resource"]["resourceType"] in ("Observation", "DiagnosticReport", "ImagingStudy")]
        targets.append({e["request"]["url"] for e in entries})
        statuses.append({e["request"]["url"]: e["resource"]["status"] for e in entries})
    assert targets[0] == targets[1], "each resource is updated, none is added"
    assert all(e.startswith(("Observation?identifier=", "DiagnosticReport?identifier=", "ImagingStudy?identifier=")) for e in targets[0])
    new = {u: s for u, s in statuses[1].items() if s != statuses[0][u]}
    assert sorted(new.values()) == ["corrected", "corrected", "entered-in-error"], "value, report, and what was withdrawn"
