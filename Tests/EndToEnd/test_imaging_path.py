"""From a modality's association to the PACS and the EMR, with peers that nobody of the product wrote."""
import copy
import datetime
import json
import socket
import time

import pydicom
import pytest
import requests
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless, generate_uid
from pynetdicom import build_role, evt
from pynetdicom.sop_class import (
    ModalityPerformedProcedureStep, ModalityWorklistInformationFind, StorageCommitmentPushModel,
    StudyRootQueryRetrieveInformationModelFind, StudyRootQueryRetrieveInformationModelGet)
from support.dicom import (
    SAMPLES, SCP, ImagingSite, Orthanc, StoreSCP, archive, certificates, ct, dcmtk, echo, fhir_destination, held,
    hl7_destination, modality, pydicom_files, save, save_announced, scu, send_files, split, store, study_files, uids)
from support.dicom_json import differences
from support.emr import FHIREMR, HL7EMR
from support.gateway import hilum, until
from support.pdu import Association
from support.ports import free_port

HTJ2K = "1.2.840.10008.1.2.4.201"
COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"


def resources(fhir, kind):
    """Resources of a kind in every bundle taken, in order."""
    return [e["resource"] for b in list(fhir.bundles) for e in b["entry"] if e["resource"]["resourceType"] == kind]


def identical(gateway, files):
    """Every file is under the images with the same data set, byte for byte."""
    kept = held(gateway.images)
    for file, uid in zip(files, uids(files)):
        assert uid in kept, f"{uid} is not on disk"
        assert kept[uid][1] == split(file.read_bytes())[1], f"{file.name} is not the same on disk"


# -- storage -----------------------------------------------------------------------------------------------------------

def test_dcmtk_sends_a_study_and_the_emr_hears_of_it(tmp_path):
    uid, files = study_files(tmp_path / "study", 3, series=2, name="Wang^Xiaodong=王^小东", patient="0012345", accession="A-77")
    with HL7EMR() as emr, FHIREMR() as fhir, ImagingSite(tmp_path / "g", [hl7_destination(emr), fhir_destination(fhir)]) as gateway:
        assert echo(gateway.dicom).returncode == 0
        store(gateway.dicom, files[:4])
        assert dcmtk("dcmsend", "-aet", "CT1", "-aec", "HILUM", "127.0.0.1", gateway.dicom, *files[4:]).returncode == 0
        identical(gateway, files)
        row = gateway.complete(uid)
        assert (row["patient_id"], row["accession"], row["series"], row["instances"]) == ("0012345", "A-77", 2, 6)
        assert row["patient_name"] == "Wang^Xiaodong=王^小东"
        until(lambda: emr.messages and resources(fhir, "ImagingStudy"), timeout=60, what="the study at both EMRs")
        message = emr.parsed[-1]
        assert str(message.segment("PID")[3]).startswith("0012345")
        assert "A-77" in str(message.segment("OBR")) and uid in emr.messages[-1]
        study = resources(fhir, "ImagingStudy")[-1]
        assert {i["value"] for i in study["identifier"]} >= {f"urn:oid:{uid}", "A-77"}
        assert (study["numberOfSeries"], study["numberOfInstances"]) == (2, 6)
        assert resources(fhir, "Endpoint"), "where the images can be had"


def test_every_file_of_pydicom_is_kept_bit_for_bit_or_refused_with_a_reason(tmp_path):
    """Transfer syntaxes, private elements, damaged and odd files: 0000 means the same bytes are on disk and in the store."""
    files, seen = [], set()
    for file in pydicom_files():
        uid = split(file.read_bytes())[0].get("MediaStorageSOPInstanceUID", "")
        if uid and uid not in seen:
            seen.add(uid)
            files.append(file)
    assert len(files) > 40
    with ImagingSite(tmp_path / "g") as gateway:
        results = send_files(gateway.dicom, files)
        kept, refused = [], []
        for file, status, comment in results:
            assert status != "lost", f"{file.name}: the association was lost"
            (kept if status == 0 else refused).append((file, status, comment))
        assert len(kept) > 30, refused
        on_disk = held(gateway.images)
        for file, _, _ in kept:
            meta, data = split(file.read_bytes())
            uid = str(pydicom.dcmread(file, stop_before_pixels=True, force=True).get("SOPInstanceUID") or meta.MediaStorageSOPInstanceUID)
            assert uid in on_disk, f"{file.name} was acknowledged and is not on disk"
            assert on_disk[uid] == (str(meta.TransferSyntaxUID), data), f"{file.name} is not the same on disk"
            check_metadata(gateway, file)
        for file, status, comment in refused:
            assert status is None or comment, f"{file.name} was refused with {status:04X} and no reason"
        assert sum(r["instances"] + r["duplicates"] for r in gateway.studies().values()) >= len(kept)


def check_metadata(gateway, file):
    """The header as DICOMweb gives it is the header as pydicom reads it: two readers that know nothing of each other."""
    ds = pydicom.dcmread(file)
    answer = requests.get(f"http://127.0.0.1:{gateway.web}/dicom-web/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}"
                          f"/instances/{ds.SOPInstanceUID}/metadata")
    assert answer.status_code == 200, f"{file.name}: {answer.text}"
    try:
        theirs = ds.to_json_dict(bulk_data_threshold=1 << 30, suppress_invalid_tags=True)
    except (ValueError, TypeError, AttributeError):
        return  # pydicom has no JSON of it
    found = [d for d in differences(answer.json()[0], theirs) if (file.name, d[0]) not in PYDICOM_LEAVES_OUT]
    assert not found, f"{file.name}: {found[:5]}"


# With a value that pydicom cannot write it leaves out the whole sequence.
PYDICOM_LEAVES_OUT = {("rtdose_rle.dcm", "/300C0002")}


def test_another_transfer_syntax_than_the_node_carries_is_refused_and_the_association_lives(tmp_path):
    uid, files = study_files(tmp_path / "study", 1)
    with ImagingSite(tmp_path / "g") as gateway:
        association = scu(gateway.dicom, [(CTImageStorage, [HTJ2K]), (CTImageStorage, [ExplicitVRLittleEndian])])
        assert association.is_established
        accepted = {str(c.transfer_syntax[0]) for c in association.accepted_contexts}
        assert accepted == {str(ExplicitVRLittleEndian)}
        assert association.send_c_store(str(files[0])).Status == 0
        association.release()
        alone = scu(gateway.dicom, [(CTImageStorage, [HTJ2K, ExplicitVRLittleEndian])])
        assert [str(c.transfer_syntax[0]) for c in alone.accepted_contexts] == [str(ExplicitVRLittleEndian)]
        alone.release()
        identical(gateway, files)


def test_the_same_instance_again_and_another_one_under_its_uid(tmp_path):
    first = ct()
    other = copy.deepcopy(first)
    other.PixelData = bytes(len(first.PixelData))
    a, b = save(first, tmp_path / "a.dcm"), save(other, tmp_path / "b.dcm")
    with ImagingSite(tmp_path / "g") as gateway:
        for _ in range(3):
            assert [r[1] for r in send_files(gateway.dicom, [a])] == [0]
        assert gateway.studies()[first.StudyInstanceUID]["duplicates"] == 0
        assert [r[1] for r in send_files(gateway.dicom, [b])] == [0]
        identical(gateway, [a])
        study = until(lambda: (s := gateway.study(first.StudyInstanceUID))["set_aside"] and s, what="the other one, set aside")
        assert study["instances"] == 1 and study["duplicates"] == 1
        assert study["set_aside"][0]["sop_instance"] == first.SOPInstanceUID and study["set_aside"][0]["reason"]
        assert split(open(study["set_aside"][0]["path"], "rb").read())[1] == split(b.read_bytes())[1], "nothing is lost"


def test_bad_input_is_kept_or_refused_with_a_reason_and_never_lost_in_silence(tmp_path):
    """Missing UIDs, path characters in UIDs, a class that is not the one announced, no data set: the association lives."""
    good = save(ct(), tmp_path / "good.dcm")
    cases = {
        "no study": lambda d: delattr(d, "StudyInstanceUID"),
        "no series": lambda d: delattr(d, "SeriesInstanceUID"),
        "path in study": lambda d: setattr(d, "StudyInstanceUID", "../../../../tmp/evil"),
        "slash in series": lambda d: setattr(d, "SeriesInstanceUID", "1.2/3"),
        "other class": lambda d: setattr(d, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.4"),
        "other instance": lambda d: setattr(d, "SOPInstanceUID", "1.2.3.4.5.6"),
    }
    with ImagingSite(tmp_path / "g") as gateway:
        association = scu(gateway.dicom, [(CTImageStorage, [ExplicitVRLittleEndian])])
        for name, spoil in cases.items():
            ds = ct(patient=f"BAD-{name}"[:16])
            announced = (ds.SOPClassUID, ds.SOPInstanceUID)
            with pydicom.config.disable_value_validation():
                spoil(ds)
                path = save_announced(ds, tmp_path / f"{name}.dcm", *announced)
                status = association.send_c_store(str(path))
            assert "Status" in status, f"{name}: the association was lost"
            if status.Status != 0:
                assert status.get("ErrorComment"), f"{name}: {status.Status:04X} without a reason"
            if name in ("no study", "no series", "path in study", "slash in series"):
                assert status.Status != 0, f"{name} was taken"
        assert association.send_c_store(str(good)).Status == 0, "what is well is taken on the same association"
        association.release()
        assert uids([good])[0] in held(gateway.images)
        assert not any("evil" in str(p) for p in tmp_path.rglob("*") if p != tmp_path / "path in study.dcm")
        device = until(lambda: (d := gateway.cli("devices")[0])["faults"] >= 4 and d, what="the faults, shown at the device")
        assert device["device"] == "ct-1"
        # What was refused is kept, and a person sees it with the reason.
        aside = {row["path"]: row for row in gateway.cli("studies", "aside")}
        kept = {path: open(path, "rb").read() for path in aside}
        for name in ("no study", "no series", "path in study", "slash in series"):
            data = split((tmp_path / f"{name}.dcm").read_bytes())[1]
            path = next((p for p, k in kept.items() if k.endswith(data)), None)
            assert path, f"{name} was refused and is gone"
            assert aside[path]["reason"] and aside[path]["calling"] == "CT1", aside[path]


def test_what_is_no_data_set_is_refused_and_the_association_lives(tmp_path):
    """Bytes that are not DICOM, a data set that is cut off, none at all: by hand, because no tool sends them."""
    whole = ct(rows=32)
    data = split(save(whole, tmp_path / "whole.dcm").read_bytes())[1]
    with ImagingSite(tmp_path / "g") as gateway, Association(gateway.dicom, [(CTImageStorage, [ExplicitVRLittleEndian])]) as peer:
        bad = [b"this is not DICOM" * 100, b"\xff" * 5000, data[:200], data[:len(data) - 1000], b"", bytes(8)]
        statuses = [peer.store(CTImageStorage, f"1.2.3.{n + 1}", garbage) for n, garbage in enumerate(bad)]
        assert all(s != 0 for s, garbage in zip(statuses, bad) if garbage[:8] != data[:8]), statuses
        assert peer.store(CTImageStorage, whole.SOPInstanceUID, data) == 0
        peer.release()
        assert set(held(gateway.images)) >= {str(whole.SOPInstanceUID)}
        stored = sum(row["instances"] for row in gateway.studies().values())
        assert stored == sum(1 for s in statuses if s == 0) + 1, "what was acknowledged is in the store, and nothing else"


@pytest.mark.parametrize("declared", ["", "ISO_IR 100"])
def test_gbk_that_is_not_declared_is_read_by_the_rule_of_the_device(tmp_path, declared):
    ds = ct(patient="GBK-1")
    del ds.SpecificCharacterSet
    ds.PatientName = "Wang^Xiaodong"
    path = save(ds, tmp_path / "latin.dcm")
    raw = path.read_bytes()
    name = "王^小东".encode("gbk")
    # The name has 13 bytes and one of padding; these are 7 and blanks.
    raw = raw.replace(b"Wang^Xiaodong ", name + b" " * (14 - len(name)))
    if declared:
        element = b"\x08\x00\x05\x00CS" + len(declared).to_bytes(2, "little") + declared.encode()
        meta, data = split(raw)
        raw = raw[:len(raw) - len(data)] + element + data
    path.write_bytes(raw)
    with FHIREMR() as fhir, ImagingSite(tmp_path / "g", [fhir_destination(fhir)], imaging={"charset": "GBK"}) as gateway:
        assert [r[1] for r in send_files(gateway.dicom, [path])] == [0]
        assert gateway.complete(ds.StudyInstanceUID)["patient_name"] == "王^小东"
        until(lambda: resources(fhir, "Patient"), timeout=60, what="the patient at the EMR")
        assert "王" in str(resources(fhir, "Patient")[-1])
        identical(gateway, [path])


# -- who may associate -------------------------------------------------------------------------------------------------

def test_an_association_that_fails_is_one_line_that_says_who_what_and_why(tmp_path):
    with ImagingSite(tmp_path / "g") as gateway:
        assert echo(gateway.dicom, "NOBODY").returncode != 0
        assert echo(gateway.dicom, "CT1", "OTHER").returncode != 0
        with socket.create_connection(("127.0.0.1", gateway.dicom)) as browser:
            browser.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            browser.settimeout(30)
            while browser.recv(1000):
                pass
        rows = until(lambda: (r := gateway.cli("associations")) and len(r) >= 3 and r, what="three failed associations")
        unknown = next(r for r in rows if r["calling"] == "NOBODY")
        assert unknown["address"].startswith("127.0.0.1") and unknown["reason"] and unknown["cure"]
        assert next(r for r in rows if r["called"] == "OTHER")["reason"] != unknown["reason"]
        assert any("HTTP" in r["reason"] for r in rows), rows
        assert all("\n" not in r["reason"] for r in rows)
        assert echo(gateway.dicom).returncode == 0


def test_mutual_tls(tmp_path):
    files = certificates(tmp_path / "tls")
    port, plain = free_port(), free_port()
    listen = [{"port": plain}, {"port": port, "tls": {
        "certificate": files["server.pem"], "key": files["server.key"], "authority": files["ca.pem"], "clients": "required"}}]
    uid, images = study_files(tmp_path / "study", 2)
    with ImagingSite(tmp_path / "g", dicom={"listen": listen}) as gateway:
        good = ["+tls", files["client.key"], files["client.pem"], "+cf", files["ca.pem"]]
        assert echo(port, "CT1", "HILUM", *good).returncode == 0
        store(port, images, "CT1", "HILUM", *good)
        identical(gateway, images)
        assert echo(port, "CT1", "HILUM", "+tls", files["other.key"], files["other.pem"], "+cf", files["ca.pem"]).returncode != 0
        assert echo(port, "CT1", "HILUM", "+tla", "+cf", files["ca.pem"]).returncode != 0, "no certificate"
        assert echo(port).returncode != 0, "plain on the port of TLS"
        assert echo(plain, "CT1", "HILUM", *good).returncode != 0, "TLS on the plain port"
        assert echo(plain).returncode == 0 and echo(port, "CT1", "HILUM", *good).returncode == 0
        until(lambda: len(gateway.cli("associations")) >= 3, what="the failed ones, shown")


# -- worklist, performed steps, storage commitment ---------------------------------------------------------------------

def orders(gateway, *entries):
    """Imports orders; each is (accession, patient id, name, modality, station AE, date)."""
    path = gateway.folder / "orders.json"
    path.write_text(json.dumps([{
        "patient": {"id": p, "name": n, "birth_date": "1960-04-01", "sex": "M"}, "accession": a,
        "procedure": {"id": f"RP-{a}", "description": f"{m} of something"},
        "steps": [{"id": f"SP-{a}", "station_ae": [ae], "date": d, "time": "09:15", "modality": m, "description": "axial"}],
    } for a, p, n, m, ae, d in entries], ensure_ascii=False))
    assert gateway.cli("orders", "import", str(path))[0]["orders"] == len(entries)


def worklist(port, **keys):
    """Items by accession number, asked for by pynetdicom."""
    query = Dataset()
    query.SpecificCharacterSet = "ISO_IR 192"
    query.PatientName = query.PatientID = query.AccessionNumber = query.StudyInstanceUID = query.RequestedProcedureID = ""
    step = Dataset()
    step.Modality = step.ScheduledStationAETitle = step.ScheduledProcedureStepStartDate = ""
    step.ScheduledProcedureStepStartTime = step.ScheduledProcedureStepID = ""
    for key, value in keys.items():
        setattr(step if key in step else query, key, value)
    query.ScheduledProcedureStepSequence = [step]
    association = scu(port, [(ModalityWorklistInformationFind, [ExplicitVRLittleEndian])])
    found = {}
    for status, identifier in association.send_c_find(query, ModalityWorklistInformationFind):
        if status and status.Status in (0xFF00, 0xFF01):
            found[identifier.AccessionNumber] = identifier
        else:
            assert status and status.Status == 0, status
    association.release()
    return found


def test_worklist_performed_step_and_study_of_one_order(tmp_path):
    today = datetime.date.today().strftime("%Y-%m-%d")
    with FHIREMR() as fhir, ImagingSite(tmp_path / "g", [fhir_destination(fhir)], imaging={"quiet": "1h"}) as gateway:
        orders(gateway, ("A1", "P1", "Wang^Xiaodong=王^小东", "CT", "CT1", today), ("A2", "P2", "Miller^Ann", "MR", "MR1", today),
               ("A3", "P3", "Moss^Bob", "CT", "CT2", "2020-01-01"))
        assert set(worklist(gateway.dicom)) == {"A1", "A2", "A3"}
        assert set(worklist(gateway.dicom, ScheduledStationAETitle="CT1")) == {"A1"}
        assert set(worklist(gateway.dicom, Modality="CT", ScheduledProcedureStepStartDate=today.replace("-", ""))) == {"A1"}
        assert set(worklist(gateway.dicom, PatientName="M*")) == {"A2", "A3"}
        item = worklist(gateway.dicom, PatientID="P1")["A1"]
        assert str(item.PatientName) == "Wang^Xiaodong=王^小东"
        query = tmp_path / "query.wl"
        ask = Dataset()
        ask.PatientName, ask.AccessionNumber = "", ""
        step = Dataset()
        step.Modality = "MR"
        ask.ScheduledProcedureStepSequence = [step]
        ask.SOPClassUID, ask.SOPInstanceUID = "1.2.840.10008.5.1.4.31", generate_uid()
        save(ask, query)
        done = dcmtk("findscu", "-W", "-aet", "CT1", "-aec", "HILUM", "127.0.0.1", gateway.dicom, query)
        assert done.returncode == 0 and "Miller^Ann" in done.output and "Moss" not in done.output, done.output

        # MPPS: begun, images, completed (PS3.4 F.7.2).
        step_uid, study_uid = generate_uid(), item.StudyInstanceUID
        association = scu(gateway.dicom, [(ModalityPerformedProcedureStep, [ExplicitVRLittleEndian])])
        begin = Dataset()
        scheduled = Dataset()
        scheduled.StudyInstanceUID, scheduled.AccessionNumber = study_uid, "A1"
        scheduled.RequestedProcedureID, scheduled.ScheduledProcedureStepID = item.RequestedProcedureID, "SP-A1"
        scheduled.ReferencedStudySequence = []
        begin.ScheduledStepAttributesSequence = [scheduled]
        begin.PatientName, begin.PatientID, begin.PatientBirthDate, begin.PatientSex = "Wang^Xiaodong", "P1", "19600401", "M"
        begin.PerformedProcedureStepID, begin.PerformedStationAETitle, begin.PerformedStationName = "PPS1", "CT1", "CT"
        begin.PerformedProcedureStepStartDate, begin.PerformedProcedureStepStartTime = "20260318", "091500"
        begin.PerformedProcedureStepStatus, begin.Modality, begin.StudyID = "IN PROGRESS", "CT", "1"
        begin.PerformedProcedureStepDescription, begin.PerformedLocation = "", ""
        begin.PerformedProcedureStepEndDate = begin.PerformedProcedureStepEndTime = ""
        begin.PerformedSeriesSequence = []
        status, _ = association.send_n_create(begin, ModalityPerformedProcedureStep, step_uid)
        assert status.Status == 0, status
        status, _ = association.send_n_create(begin, ModalityPerformedProcedureStep, step_uid)
        assert status.Status == 0x0111, "a step of that UID is there already"
        assert gateway.cli("orders")[0], "orders are listed"
        _, files = study_files(tmp_path / "study", 3, study=study_uid, patient="P1", accession="A1", name="Wang^Xiaodong=王^小东")
        store(gateway.dicom, files)
        time.sleep(2)
        assert gateway.studies()[study_uid]["state"] == "receiving", "quiet time has not passed, the step is not ended"
        end = Dataset()
        end.PerformedProcedureStepStatus = "COMPLETED"
        end.PerformedProcedureStepEndDate, end.PerformedProcedureStepEndTime = "20260318", "092000"
        series = Dataset()
        first = pydicom.dcmread(files[0], stop_before_pixels=True)
        series.SeriesInstanceUID, series.ProtocolName, series.SeriesDescription = first.SeriesInstanceUID, "axial", "Axial"
        series.RetrieveAETitle = series.OperatorsName = series.PerformingPhysicianName = ""
        series.ReferencedNonImageCompositeSOPInstanceSequence = []
        images = []
        for uid in uids(files):
            image = Dataset()
            image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = CTImageStorage, uid
            images.append(image)
        series.ReferencedImageSequence = images
        end.PerformedSeriesSequence = [series]
        status, _ = association.send_n_set(end, ModalityPerformedProcedureStep, step_uid)
        assert status.Status == 0, status
        status, _ = association.send_n_set(end, ModalityPerformedProcedureStep, step_uid)
        assert status.Status == 0x0110, "what is completed stays as it is"
        association.release()
        gateway.complete(study_uid)
        until(lambda: resources(fhir, "ImagingStudy"), timeout=60, what="the study at the EMR")
        shown = gateway.study(study_uid)
        assert shown["steps"][0]["instances"] == 3 and shown["orders"][0]["accession"] == "A1"


def ask_commitment(association, transaction, references):
    """N-ACTION of storage commitment (PS3.4 J.3.2)."""
    request = Dataset()
    request.TransactionUID = transaction
    items = []
    for sop_class, uid in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        items.append(item)
    request.ReferencedSOPSequence = items
    status, _ = association.send_n_action(request, 1, StorageCommitmentPushModel, COMMITMENT_INSTANCE)
    return status


def test_storage_commitment_on_the_same_association_and_on_a_new_one(tmp_path):
    uid, files = study_files(tmp_path / "study", 3)
    reports = []

    def report(event):
        reports.append((event.event_type, event.event_information, event.assoc))
        return 0x0000, None

    own = free_port()
    with ImagingSite(tmp_path / "g", devices=[modality(host="127.0.0.1", port=own)]) as gateway, \
            SCP([(evt.EVT_N_EVENT_REPORT, report)], [StorageCommitmentPushModel], ae="CT1", port=own):
        store(gateway.dicom, files)
        held_ones = [(CTImageStorage, u) for u in uids(files)]
        association = scu(gateway.dicom, [(StorageCommitmentPushModel, [ExplicitVRLittleEndian])],
                          handlers=[(evt.EVT_N_EVENT_REPORT, report)])
        transaction = generate_uid()
        assert ask_commitment(association, transaction, held_ones).Status == 0
        until(lambda: reports, timeout=60, what="the report")
        kind, information, _ = reports[0]
        assert kind == 1 and information.TransactionUID == transaction
        assert {i.ReferencedSOPInstanceUID for i in information.ReferencedSOPSequence} == set(uids(files))
        # What is not held fails; the association is gone before the report can come on it.
        second = generate_uid()
        assert ask_commitment(association, second, held_ones + [(CTImageStorage, "1.2.3.4.5")]).Status == 0
        association.release()
        found = until(lambda: [r for r in reports if r[1].TransactionUID == second], timeout=60, what="the report on a new association")
        kind, information, _ = found[0]
        assert kind == 2
        assert [i.ReferencedSOPInstanceUID for i in information.FailedSOPSequence] == ["1.2.3.4.5"]
        assert information.FailedSOPSequence[0].FailureReason == 0x0112
        assert len(information.ReferencedSOPSequence) == 3


# -- query and retrieve ------------------------------------------------------------------------------------------------

def test_query_and_retrieve_by_dcmtk_and_pynetdicom(tmp_path):
    uid, files = study_files(tmp_path / "study", 3, patient="P-QR", name="Query^Quentin")
    other, more = study_files(tmp_path / "other", 1, patient="P-OTHER")
    with StoreSCP(tmp_path / "scp", ae="STORE") as scp, ImagingSite(
        tmp_path / "g", dicom={"move_destinations": [{"ae": "STORE", "host": "127.0.0.1", "port": scp.port}]},
    ) as gateway:
        store(gateway.dicom, files + more)
        common = ["-aet", "CT1", "-aec", "HILUM", "127.0.0.1", str(gateway.dicom)]
        done = dcmtk("findscu", "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientName=Query*", "-k", "StudyInstanceUID",
                     "-k", "NumberOfStudyRelatedInstances", *common)
        assert done.returncode == 0 and uid in done.output and other not in done.output, done.output
        done = dcmtk("movescu", "-S", "-aem", "STORE", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid}", *common)
        assert done.returncode == 0, done.output
        until(lambda: len(scp.files) == 3, what="three files moved")
        assert {split(f.read_bytes())[1] for f in scp.files} == {split(f.read_bytes())[1] for f in files}
        done = dcmtk("movescu", "-S", "-aem", "UNKNOWN", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid}", *common)
        assert "a801" in done.output.lower() or "destination" in done.output.lower(), done.output
        (tmp_path / "got").mkdir()
        done = dcmtk("getscu", "-S", "+B", "-od", tmp_path / "got", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid}", *common)
        assert done.returncode == 0 and len(list((tmp_path / "got").iterdir())) == 3, done.output

        taken = []

        def keep(event):
            taken.append(event.request.AffectedSOPInstanceUID)
            return 0x0000

        association = scu(
            gateway.dicom,
            [(StudyRootQueryRetrieveInformationModelGet, [ExplicitVRLittleEndian]), (StudyRootQueryRetrieveInformationModelFind, [ExplicitVRLittleEndian]),
             (CTImageStorage, [ExplicitVRLittleEndian])],
            roles=[build_role(CTImageStorage, scp_role=True)], handlers=[(evt.EVT_C_STORE, keep)])
        query = Dataset()
        query.QueryRetrieveLevel, query.StudyInstanceUID = "IMAGE", uid
        query.SeriesInstanceUID = pydicom.dcmread(files[0], stop_before_pixels=True).SeriesInstanceUID
        query.SOPInstanceUID = uids(files)[:2]
        last = [status for status, _ in association.send_c_get(query, StudyRootQueryRetrieveInformationModelGet)][-1]
        assert last.Status == 0 and last.NumberOfCompletedSuboperations == 2, last
        assert sorted(taken) == sorted(uids(files)[:2])
        query = Dataset()
        query.QueryRetrieveLevel, query.StudyInstanceUID, query.SeriesInstanceUID, query.Modality = "SERIES", uid, "", ""
        rows = [i for s, i in association.send_c_find(query, StudyRootQueryRetrieveInformationModelFind) if s.Status == 0xFF00]
        assert len(rows) == 1 and rows[0].Modality == "CT"
        association.release()


# -- archives ----------------------------------------------------------------------------------------------------------

def test_orthanc_gets_everything_also_after_it_was_away_and_the_gateway_restarted(tmp_path):
    uid, files = study_files(tmp_path / "study", 4, series=2)
    later, more = study_files(tmp_path / "later", 3)
    orthanc = Orthanc(tmp_path / "orthanc")
    with ImagingSite(tmp_path / "g", [archive(orthanc.dicom, dicom={"coerce": {"set": {"InstitutionName": "Test Hospital"}}})]) as gateway:
        with orthanc:
            store(gateway.dicom, files)
            until(lambda: set(uids(files)) <= orthanc.instances(), timeout=60, what="the study at Orthanc")
            got = pydicom.dcmread(pydicom.filebase.DicomBytesIO(orthanc.file(uids(files)[0])))
            sent = pydicom.dcmread(files[0])
            assert got.PixelData == sent.PixelData and got.InstitutionName == "Test Hospital"
            assert got.file_meta.TransferSyntaxUID == sent.file_meta.TransferSyntaxUID
        store(gateway.dicom, more)
        until(lambda: any(d["waiting"] for d in gateway.study(later)["deliveries"]), what="images that wait")
        assert any(row["study"] == later and row["destination"] == "pacs" for row in gateway.cli("queue", "images"))
        gateway.stop(timeout=60)
        gateway.start()
        with orthanc:
            until(lambda: set(uids(more)) <= orthanc.instances(), timeout=90, what="what waited, at Orthanc")
            shown = until(lambda: (s := gateway.study(later))["deliveries"][0]["delivered"] == 3 and s, what="delivered, as shown")
            assert shown["deliveries"][0]["failed"] == 0
            alarms = [a for a in gateway.cli("alarms", "--all", check=False) if a["subject"] == "pacs"]
            until(lambda: all(a["ended"] for a in gateway.cli("alarms", "--all", check=False)), what="the end of the outage")
        assert len(alarms) == 1 and alarms[0]["kind"] == "destination-down", "an outage is told once"


def test_orthanc_as_sender_and_over_stow(tmp_path):
    uid, files = study_files(tmp_path / "study", 3)
    with Orthanc(tmp_path / "pacs", dicomweb=True) as pacs:
        stow = {"id": "stow", "stow": {"url": f"http://127.0.0.1:{pacs.http}/dicom-web"}}
        with ImagingSite(tmp_path / "g", [stow]) as gateway, \
                Orthanc(tmp_path / "sender", ae="CT1", peers={"hilum": ["HILUM", "127.0.0.1", gateway.dicom]}) as sender:
            done = sender.send("hilum", [sender.upload(f) for f in files])
            assert done["FailedInstancesCount"] == 0 and done["InstancesCount"] == 3
            assert set(held(gateway.images)) == set(uids(files))
            until(lambda: set(uids(files)) <= pacs.instances(), timeout=60, what="the study over STOW-RS")


def test_routes_and_an_archive_that_commits(tmp_path):
    """CT goes to one archive, everything to the other; the first is asked for storage commitment and answers later."""
    _, files = study_files(tmp_path / "ct", 2)
    _, others = study_files(tmp_path / "mr", 1, Modality="MR")
    stored, asked = {"A": [], "B": []}, []

    def keep(name):
        def handler(event):
            stored[name].append(event.request.AffectedSOPInstanceUID)
            return 0x0000
        return handler

    def commit(event):
        asked.append((event.action_information, event.assoc))
        return 0x0000, None

    with SCP([(evt.EVT_C_STORE, keep("A")), (evt.EVT_N_ACTION, commit)], [CTImageStorage, StorageCommitmentPushModel], ae="A") as a, \
            SCP([(evt.EVT_C_STORE, keep("B"))], [CTImageStorage], ae="B") as b, ImagingSite(
        tmp_path / "g", [archive(a.port, "a", "A", dicom={"commitment": {"wait": "0s", "delay": "1s"}}), archive(b.port, "b", "B")],
        devices=[modality(), modality("archive-a", "A", may=["commit"])],
        routes=[{"modalities": ["CT"], "to": ["a"]}, {"modalities": ["CT", "MR"], "to": ["b"]}],
    ) as gateway:
        store(gateway.dicom, files + others)
        # Sets: an archive that was slow to answer may have an image twice.
        until(lambda: set(stored["A"]) == set(uids(files)) and set(stored["B"]) == set(uids(files + others)), timeout=60,
              what="images at both archives")
        until(lambda: asked, timeout=60, what="a request for storage commitment")
        information = asked[0][0]
        assert {i.ReferencedSOPInstanceUID for i in information.ReferencedSOPSequence} <= set(uids(files))
        reply = Dataset()
        reply.TransactionUID, reply.ReferencedSOPSequence = information.TransactionUID, information.ReferencedSOPSequence
        association = scu(gateway.dicom, [(StorageCommitmentPushModel, [ExplicitVRLittleEndian])], calling="A",
                          roles=[build_role(StorageCommitmentPushModel, scp_role=True)])
        status, _ = association.send_n_event_report(reply, 1, StorageCommitmentPushModel, COMMITMENT_INSTANCE)
        assert status.Status == 0, status
        association.release()
        study = pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID
        until(lambda: any(d["committed"] == len(information.ReferencedSOPSequence) for d in gateway.study(study)["deliveries"]),
              what="committed, as shown")


# -- to the EMR --------------------------------------------------------------------------------------------------------

def test_structured_reports_reach_the_emr_as_values(tmp_path):
    """Every sample of a structured report: numbers with units as OBX NM and Observation, a PDF as ED and DocumentReference."""
    samples = sorted(SAMPLES.glob("*.dcm"))
    study = pydicom.dcmread(samples[0], stop_before_pixels=True).StudyInstanceUID
    assert len(samples) > 10
    with HL7EMR() as emr, FHIREMR() as fhir, ImagingSite(tmp_path / "g", [hl7_destination(emr), fhir_destination(fhir)]) as gateway:
        assert all(status == 0 for _, status, _ in send_files(gateway.dicom, samples))
        gateway.complete(study)
        until(lambda: emr.messages and resources(fhir, "ImagingStudy"), timeout=60, what="the study at both EMRs")
        rows = [segment for segment in emr.parsed[-1] if str(segment[0]) == "OBX"]
        numbers = [r for r in rows if str(r[2]) == "NM"]
        assert len(numbers) > 20 and sum(1 for r in numbers if str(r[6])) > 20, "numbers with their units"
        for row in numbers:
            float(str(row[5]))
        assert any(str(r[2]) == "ED" and "PDF" in str(r[5]).upper() for r in rows), "the PDF"
        assert any("Dose" in str(r[3]) or "DLP" in str(r[3]) for r in rows), "radiation dose"
        observations = resources(fhir, "Observation")
        quantities = [o for o in observations if "valueQuantity" in o]
        assert len(quantities) > 20
        assert all(o["valueQuantity"]["system"] == "http://unitsofmeasure.org" for o in quantities if o["valueQuantity"].get("code"))
        assert resources(fhir, "DocumentReference")
        assert any("一" <= c <= "鿿" for o in observations for c in str(o)), "Chinese text"


def test_the_study_grows_at_the_emr_and_completion_outlives_the_gateway(tmp_path):
    uid, files = study_files(tmp_path / "study", 2)
    _, late = study_files(tmp_path / "late", 3, study=uid)
    with FHIREMR() as fhir, ImagingSite(tmp_path / "g", [fhir_destination(fhir)], imaging={"quiet": "4s"}) as gateway:
        store(gateway.dicom, files)
        # The timer is in the store, not in the process.
        gateway.kill()
        assert not resources(fhir, "ImagingStudy")
        gateway.start()
        until(lambda: resources(fhir, "ImagingStudy"), timeout=60, what="the study at the EMR")
        assert resources(fhir, "ImagingStudy")[-1]["numberOfInstances"] == 2
        store(gateway.dicom, late)
        gateway.complete(uid, version=2)
        until(lambda: resources(fhir, "ImagingStudy")[-1]["numberOfInstances"] == 5, timeout=60, what="the grown study")
        requests = [e["request"] for b in fhir.bundles for e in b["entry"] if e["resource"]["resourceType"] == "ImagingStudy"]
        assert len({r["url"] for r in requests}) == 1 and all(r["method"] == "PUT" for r in requests), "one resource, updated"


def test_the_simulated_modality_works_through_a_day(tmp_path):
    """Worklist, images, performed steps, as one modality does them."""
    today = datetime.date.today().strftime("%Y-%m-%d")
    log = tmp_path / "acknowledged.tsv"
    with FHIREMR() as fhir, ImagingSite(tmp_path / "g", [fhir_destination(fhir)]) as gateway:
        orders(gateway, ("S1", "P1", "Wang^Xiaodong=王^小东", "CT", "CT1", today), ("S2", "P2", "Miller^Ann", "CT", "CT1", today))
        done = hilum("simulate", "modality", "--to", f"127.0.0.1:{gateway.dicom}", "--calling", "CT1", "--studies", 2, "--instances", 5,
                     "--rows", 64, "--worklist", "--mpps", "--log", log)
        assert done.returncode == 0, done.stdout + done.stderr
        rows = until(lambda: (r := gateway.studies()) and all(v["version"] for v in r.values()) and r, timeout=60, what="studies told to the EMR")
        assert {r["accession"] for r in rows.values()} == {"S1", "S2"} and {r["instances"] for r in rows.values()} == {5}
        assert len(log.read_text().splitlines()) >= 10
        assert all(gateway.study(uid)["steps"] for uid in rows)
        until(lambda: len({s["identifier"][0]["value"] for s in resources(fhir, "ImagingStudy")}) == 2, timeout=60, what="both studies at the EMR")


# -- DICOMweb ----------------------------------------------------------------------------------------------------------

def test_dicomweb_client(tmp_path):
    from dicomweb_client.api import DICOMwebClient
    uid, files = study_files(tmp_path / "study", 3, patient="P-WEB", name="Web^Wilma", rows=128)
    compressed = [f for f in pydicom_files() if f.name in ("JPEG2000.dcm", "SC_rgb_rle_2frame.dcm", "693_J2KR.dcm", "emri_small_jpeg_2k_lossless.dcm")]
    with ImagingSite(tmp_path / "g") as gateway:
        assert all(r[1] == 0 for r in send_files(gateway.dicom, files + compressed + [SAMPLES / "encapsulated-pdf.dcm"]))
        client = DICOMwebClient(url=f"http://127.0.0.1:{gateway.web}/dicom-web")
        found = client.search_for_studies(search_filters={"PatientName": "Web*"})
        assert [s["0020000D"]["Value"][0] for s in found] == [uid]
        assert found[0]["00201208"]["Value"] == [3]
        assert len(client.search_for_studies(get_remaining=True, limit=1)) == len(gateway.studies())
        assert client.search_for_studies(search_filters={"StudyDate": "19000101-19001231"}) == []
        series = client.search_for_series(uid)
        assert len(series) == 1 and series[0]["00080060"]["Value"] == ["CT"]
        instances = client.search_for_instances(uid)
        assert {i["00080018"]["Value"][0] for i in instances} == set(uids(files))
        for file in files + compressed:
            ds = pydicom.dcmread(file)
            path = (ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
            got = client.retrieve_instance(*path, media_types=(("application/dicom", "*"),))
            assert got == ds and got.file_meta.TransferSyntaxUID == ds.file_meta.TransferSyntaxUID, file.name
            meta = Dataset.from_json(client.retrieve_instance_metadata(*path), bulk_data_uri_handler=lambda *_: b"")
            for element in ds:
                if element.tag.group != 0x7FE0 and element.VR not in ("OB", "OW", "UN", "SQ", "OF", "OD"):
                    assert meta[element.tag].value == element.value, f"{file.name}: {element}"
            frames = int(ds.get("NumberOfFrames", 1))
            last = client.retrieve_instance_frames(*path, [frames], media_types=(("application/octet-stream", "*"),))[0]
            if ds.file_meta.TransferSyntaxUID.is_compressed:
                assert last == pydicom.encaps.get_frame(ds.PixelData, frames - 1, number_of_frames=frames), file.name
            else:
                assert last == ds.PixelData[-len(last):]
        assert len(client.retrieve_study(uid)) == 3
        assert len(client.retrieve_study_metadata(uid)) == 3
        ds = pydicom.dcmread(files[0])
        path = (ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
        picture = client.retrieve_instance_rendered(*path, media_types=("image/jpeg",))
        assert picture.startswith(b"\xff\xd8"), "a JPEG"
        small = client._session.get(f"{client.base_url}/studies/{uid}/thumbnail", headers={"Accept": "image/png"}).content
        assert small.startswith(b"\x89PNG")
        for wrong, status in (("1.2.3.4", 404), ("..%2f..", 400)):
            answer = client._session.get(f"{client.base_url}/studies/{wrong}/metadata")
            assert answer.status_code == status and answer.text


def test_dicomweb_asks_for_its_token(tmp_path):
    token = tmp_path / "token"
    token.write_text("a-token-of-the-viewer-0123456789\n")
    port = free_port()
    uid, files = study_files(tmp_path / "study", 1)
    with ImagingSite(tmp_path / "g", dicom={"web": {"port": port, "token_file": str(token)}}) as gateway:
        store(gateway.dicom, files)
        url = f"http://127.0.0.1:{port}/dicom-web/studies"
        assert requests.get(url).status_code == 401
        assert requests.get(url, headers={"Authorization": "Bearer wrong-token-of-the-viewer"}).status_code == 401
        answer = requests.get(url, headers={"Authorization": f"Bearer {token.read_text().strip()}"})
        assert answer.status_code == 200 and answer.json()[0]["0020000D"]["Value"] == [uid]


def test_dicomweb_over_mutual_tls(tmp_path):
    files = certificates(tmp_path / "tls")
    port = free_port()
    tls = {"certificate": files["server.pem"], "key": files["server.key"], "authority": files["ca.pem"]}
    uid, images = study_files(tmp_path / "study", 1)
    with ImagingSite(tmp_path / "g", dicom={"web": {"port": port, "tls": tls}}) as gateway:
        store(gateway.dicom, images)
        url = f"https://127.0.0.1:{port}/dicom-web/studies"
        answer = requests.get(url, verify=files["ca.pem"], cert=(files["client.pem"], files["client.key"]))
        assert answer.json()[0]["0020000D"]["Value"] == [uid]
        assert answer.json()[0]["00081190"]["Value"][0].startswith("https://")
        for certificate in (None, (files["other.pem"], files["other.key"])):
            with pytest.raises(requests.exceptions.RequestException):
                requests.get(url, verify=files["ca.pem"], cert=certificate)
        with pytest.raises(requests.exceptions.RequestException):
            requests.get(url.replace("https", "http"))
