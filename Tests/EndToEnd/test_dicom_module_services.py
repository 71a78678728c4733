"""The DICOM driver: worklist, query, MPPS, storage commitment, retrieval, sending, TLS, pictures."""
import io
import pathlib
import subprocess
import threading
import time

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian,
                         JPEGBaseline8Bit, RLELossless, generate_uid)
from pynetdicom import evt
from pynetdicom.presentation import build_role
from pynetdicom.sop_class import (ModalityPerformedProcedureStep, ModalityWorklistInformationFind,
                                  StorageCommitmentPushModel, StudyRootQueryRetrieveInformationModelFind,
                                  StudyRootQueryRetrieveInformationModelGet,
                                  StudyRootQueryRetrieveInformationModelMove, Verification)

from support.dicom_module import DicomModule, Message, answer
from support.dicom_peers import (SAMPLES, association, data_set_bytes, decode, encode, image, node, receiver, save,
                                 tool)

COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"


def entry(number):
    item = Dataset()
    item.SpecificCharacterSet = "ISO_IR 192"
    item.PatientName, item.PatientID, item.AccessionNumber = "王^小东", f"P{number}", f"A{number}"
    step = Dataset()
    step.Modality, step.ScheduledStationAETitle = "CT", "CT1"
    step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepID = "20260801", f"S{number}"
    item.ScheduledProcedureStepSequence = [step]
    return item


def matches(count):
    def find(message):
        return [Message("match", body=encode(entry(n)), id=message.id) for n in range(count)] + [answer(message)]
    return find


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_worklist_in_every_plain_transfer_syntax(tmp_path, syntax):
    query = Dataset()
    query.PatientName = "*"
    query.ScheduledProcedureStepSequence = [Dataset()]
    query.ScheduledProcedureStepSequence[0].Modality = "CT"
    with node(tmp_path) as module:
        module.on["find"] = matches(3)
        with association(module.port, [(ModalityWorklistInformationFind, [syntax])]) as peer:
            replies = list(peer.send_c_find(query, ModalityWorklistInformationFind))
        assert [status.Status for status, _ in replies] == [0xFF00] * 3 + [0x0000]
        assert [data.PatientID for _, data in replies[:3]] == ["P0", "P1", "P2"]
        assert str(replies[0][1].PatientName) == "王^小东"
        assert replies[0][1].ScheduledProcedureStepSequence[0].ScheduledProcedureStepID == "S0"
        asked = module.wait_for("find")
        assert asked["model"] == "worklist"
        assert decode(asked.body).ScheduledProcedureStepSequence[0].Modality == "CT"


def test_worklist_by_findscu(tmp_path):
    with node(tmp_path) as module:
        module.on["find"] = matches(2)
        said = tool("findscu", "-v", "-W", "-aec", "HILUM", "-k", "PatientID=", "-k",
                    "ScheduledProcedureStepSequence[0].Modality=CT", "127.0.0.1", module.port)
        assert said.returncode == 0 and said.stdout.count("[P") == 2, said.stdout


def test_a_query_can_be_cancelled(tmp_path):
    with node(tmp_path) as module:
        going = threading.Event()

        def find(message):
            def feed():
                for number in range(2000):
                    if going.is_set():
                        break
                    module.send(Message("match", body=encode(entry(number)), id=message.id))
                    time.sleep(0.01)
            threading.Thread(target=feed, daemon=True).start()
            return []

        module.on["find"] = find
        query = Dataset()
        query.PatientID = ""
        with association(module.port, [StudyRootQueryRetrieveInformationModelFind]) as peer:
            statuses = []
            for status, _ in peer.send_c_find(query, StudyRootQueryRetrieveInformationModelFind, msg_id=7):
                statuses.append(status.Status)
                if len(statuses) == 3:
                    peer.send_c_cancel(7, query_model=StudyRootQueryRetrieveInformationModelFind)
            going.set()
            assert statuses[-1] == 0xFE00 and len(statuses) < 2000
            assert peer.is_established
        cancelled = module.wait_for("cancel")
        assert cancelled["request"] == str(module.wait_for("find").id)


def test_a_query_nobody_answers_ends(tmp_path):
    with node(tmp_path, answer_seconds=1) as module:
        with association(module.port, [StudyRootQueryRetrieveInformationModelFind, Verification]) as peer:
            query = Dataset()
            query.PatientID = "1"
            (status, _), = peer.send_c_find(query, StudyRootQueryRetrieveInformationModelFind)
            assert status.Status == 0xC000
            assert peer.send_c_echo().Status == 0


def deep(levels):
    """An identifier of nested sequences: a parser that recurses without a limit overflows its stack."""
    inner = b""
    for _ in range(levels):
        item = b"\xfe\xff\x00\xe0" + len(inner).to_bytes(4, "little") + inner
        inner = b"\x08\x00\x15\x11" + len(item).to_bytes(4, "little") + item
    return inner


@pytest.mark.parametrize("data", [
    deep(20000), b"\x08\x00\x15\x11\xff\xff\xff\xff", b"\x01" * 50, b"\x10\x00\x10\x00\xff\xff"], ids=["deep", "endless", "noise", "cut off"])
def test_an_identifier_that_cannot_be_read_is_refused(tmp_path, data):
    from pynetdicom.dimse_primitives import C_FIND
    with node(tmp_path) as module:
        with association(module.port, [(StudyRootQueryRetrieveInformationModelFind, [ImplicitVRLittleEndian]),
                                       Verification]) as peer:
            request = C_FIND()
            request.MessageID, request.Priority = 1, 2
            request.AffectedSOPClassUID = StudyRootQueryRetrieveInformationModelFind
            request.Identifier = io.BytesIO(data)
            peer._reactor_checkpoint.clear()
            peer.dimse.send_msg(request, peer.accepted_contexts[0].context_id)
            _, reply = peer.dimse.get_msg(block=True)
            peer._reactor_checkpoint.set()
            assert reply is not None and reply.Status == 0xA900
            assert peer.send_c_echo().Status == 0
        assert module.all("find") == []


def test_mpps(tmp_path):
    step = Dataset()
    step.PerformedProcedureStepStatus, step.PatientID = "IN PROGRESS", "P1"
    with node(tmp_path) as module:
        uid = generate_uid()
        module.on["mpps-create"] = lambda m: [answer(m, sop_instance=m["sop_instance"] or uid)]
        module.on["mpps-set"] = lambda m: [answer(m, "0110", comment="no such step")]
        with association(module.port, [ModalityPerformedProcedureStep]) as peer:
            own = generate_uid()
            status, _ = peer.send_n_create(step, ModalityPerformedProcedureStep, own)
            assert status.Status == 0
            step.PerformedProcedureStepStatus = "COMPLETED"
            status, _ = peer.send_n_set(step, ModalityPerformedProcedureStep, own)
            assert status.Status == 0x0110
        created = module.wait_for("mpps-create")
        assert created["sop_instance"] == own and decode(created.body).PatientID == "P1"
        assert decode(module.wait_for("mpps-set").body).PerformedProcedureStepStatus == "COMPLETED"


def commitment(*uids):
    data = Dataset()
    data.TransactionUID = generate_uid()
    data.ReferencedSOPSequence = []
    for uid in uids:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CTImageStorage, uid
        data.ReferencedSOPSequence.append(item)
    return data


def test_storage_commitment_on_the_same_association(tmp_path):
    request = commitment("1.2.3.4")
    reports = []

    def reported(event):
        reports.append((event.event_type, event.event_information))
        return 0x0000, None

    with node(tmp_path) as module:
        module.on["commit"] = lambda m: [answer(m), Message(
            "report-commit", {"association": m["association"], "event": 1}, m.body, 77)]
        with association(module.port, [StorageCommitmentPushModel],
                         evt_handlers=[(evt.EVT_N_EVENT_REPORT, reported)]) as peer:
            status, _ = peer.send_n_action(request, 1, StorageCommitmentPushModel, COMMITMENT_INSTANCE)
            assert status.Status == 0
            result = module.wait_for("result", lambda m: m.id == 77)
            assert result["outcome"] == "done", result
        (kind, data), = reports
        assert kind == 1 and data.TransactionUID == request.TransactionUID


def test_storage_commitment_on_a_new_association(tmp_path):
    reports = []

    def reported(event):
        reports.append(event.event_information.TransactionUID)
        return 0x0000, None

    request = commitment("1.2.3.4")
    with node(tmp_path) as module, receiver(
            [StorageCommitmentPushModel], [(evt.EVT_N_EVENT_REPORT, reported)], scu_role=True, scp_role=True) as port:
        module.on["commit"] = lambda m: [answer(m)]
        with association(module.port, [StorageCommitmentPushModel]) as peer:
            peer.send_n_action(request, 1, StorageCommitmentPushModel, COMMITMENT_INSTANCE)
        module.wait_for("ended")
        number = module.wait_for("commit")["association"]
        result = module.ask("report-commit", {"association": number, "event": 1, "host": "127.0.0.1", "port": port,
                                              "called": "PACS"}, encode(request))
        assert result["outcome"] == "done" and reports == [request.TransactionUID]
        lost = module.ask("report-commit", {"association": number, "event": 1}, encode(request))
        assert lost["outcome"] == "failed" and "has ended" in lost["reason"]


def listing(paths):
    fields = []
    for path in paths:
        meta = pydicom.dcmread(path, stop_before_pixels=True).file_meta
        fields += [("file", path), ("sop_class", meta.MediaStorageSOPClassUID),
                   ("sop_instance", meta.MediaStorageSOPInstanceUID), ("transfer_syntax", meta.TransferSyntaxUID)]
    return fields


@pytest.fixture
def archive():
    """A PACS that keeps what it is sent: (data set, transfer syntax, originator)."""
    kept = []

    def store(event):
        if event.request.AffectedSOPInstanceUID.endswith(".666"):
            return 0xA700
        kept.append((event.dataset, event.context.transfer_syntax, event.request.MoveOriginatorApplicationEntityTitle))
        return 0x0000

    contexts = [CTImageStorage, Verification]
    with receiver(contexts, [(evt.EVT_C_STORE, store), (evt.EVT_C_ECHO, lambda e: 0)]) as port:
        yield kept, port


def test_move(tmp_path, archive):
    kept, port = archive
    bad = image(SOPInstanceUID="1.2.3.666")
    bad.file_meta.MediaStorageSOPInstanceUID = "1.2.3.666"
    paths = [save(image(), tmp_path / f"{n}.dcm") for n in range(3)] + [save(bad, tmp_path / "bad.dcm")]
    with node(tmp_path) as module:
        module.on["retrieve"] = lambda m: [Message("answer", [
            ("status", "0000"), ("host", "127.0.0.1"), ("port", port)] + listing(paths), b"", m.id)]
        query = Dataset()
        query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", "1.2.3"
        with association(module.port, [StudyRootQueryRetrieveInformationModelMove]) as peer:
            replies = list(peer.send_c_move(query, "PACS", StudyRootQueryRetrieveInformationModelMove))
        final, data = replies[-1]
        assert final.Status == 0xB000 and final.NumberOfCompletedSuboperations == 3
        assert final.NumberOfFailedSuboperations == 1 and data.FailedSOPInstanceUIDList == "1.2.3.666"
        assert len(kept) == 3 and {k[2] for k in kept} == {"TESTER"}
        asked = module.wait_for("retrieve")
        assert (asked["how"], asked["destination"], asked["model"]) == ("move", "PACS", "study")
        module.on["retrieve"] = lambda m: [answer(m, "A801", comment="unknown destination")]
        with association(module.port, [StudyRootQueryRetrieveInformationModelMove]) as peer:
            (final, _), = peer.send_c_move(query, "NOBODY", StudyRootQueryRetrieveInformationModelMove)
            assert final.Status == 0xA801


def test_get_by_getscu(tmp_path):
    paths = [save(image(patient=f"P{n}"), tmp_path / f"{n}.dcm") for n in range(3)]
    (tmp_path / "got").mkdir()
    with node(tmp_path) as module:
        module.on["retrieve"] = lambda m: [Message("answer", [("status", "0000")] + listing(paths), b"", m.id)]
        said = tool("getscu", "-v", "-S", "-aec", "HILUM", "-od", tmp_path / "got", "-k", "QueryRetrieveLevel=STUDY",
                    "-k", "StudyInstanceUID=1.2.3", "127.0.0.1", module.port)
        assert said.returncode == 0, said.stdout
        assert len(list((tmp_path / "got").iterdir())) == 3


def test_get_by_pynetdicom(tmp_path):
    paths = [save(image(patient=f"P{n}"), tmp_path / f"{n}.dcm") for n in range(3)]
    got = []
    with node(tmp_path) as module:
        module.on["retrieve"] = lambda m: [Message("answer", [("status", "0000")] + listing(paths), b"", m.id)]
        query = Dataset()
        query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", "1.2.3"
        with association(module.port, [StudyRootQueryRetrieveInformationModelGet, CTImageStorage],
                         ext_neg=[build_role(CTImageStorage, scp_role=True)],
                         evt_handlers=[(evt.EVT_C_STORE, lambda e: got.append(e.dataset.PatientID) or 0)]) as peer:
            replies = list(peer.send_c_get(query, StudyRootQueryRetrieveInformationModelGet))
        assert replies[-1][0].Status == 0 and got == ["P0", "P1", "P2"]


@pytest.fixture
def sender():
    with DicomModule({"role": "sender", "ae_title": "HILUM"}) as module:
        assert module.started["code"] == "0"
        yield module


def to(port, *more, called="PACS"):
    return [("host", "127.0.0.1"), ("port", port), ("called", called), ("timeout_seconds", 20), *more]


def test_sending(tmp_path, archive, sender):
    kept, port = archive
    paths = [save(image(size=256), tmp_path / f"{n}.dcm") for n in range(5)]
    assert sender.ask("echo", to(port))["outcome"] == "done"
    result = sender.ask("send", to(port) + listing(paths))
    assert result["outcome"] == "done", result
    sent = sender.all("sent")
    assert [m["status"] for m in sent] == ["0000"] * 5 and {m.id for m in sent} == {result.id}
    assert {d.SOPInstanceUID for d, _, _ in kept} == {m["sop_instance"] for m in sent}
    assert kept[0][0].PixelData == image(size=256).PixelData


def test_sending_with_coercion_and_in_a_syntax_the_receiver_knows(tmp_path, archive, sender):
    kept, port = archive
    rle = SAMPLES / "MR_small_RLE.dcm"
    dataset = image(patient="OLD")
    path = save(dataset, tmp_path / "a.dcm")
    before = path.read_bytes()
    result = sender.ask("send", to(port, ("set", "0010,0020=NEW"), ("remove", "0010,0010")) + listing([path]))
    assert result["outcome"] == "done"
    assert kept[0][0].PatientID == "NEW" and "PatientName" not in kept[0][0]
    assert kept[0][0].PixelData == dataset.PixelData and path.read_bytes() == before
    # RLE to a receiver of CT only: the class is not accepted at all.
    result = sender.ask("send", to(port) + listing([rle]))
    assert result["outcome"] == "failed" and "none of the presentation contexts" in result["reason"]
    assert sender.ask("send", to(port, ("set", "PatientID=x")) + listing([path]))["outcome"] == "failed"


@pytest.mark.parametrize("sample, original", [
    ("MR_small_RLE.dcm", "MR_small.dcm"), ("MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm"),
    ("MR_small_bigendian.dcm", "MR_small.dcm"), ("image_dfl.dcm", None),
])
def test_what_the_receiver_does_not_know_is_made_plain_without_loss(tmp_path, sender, sample, original):
    kept = []
    dataset = pydicom.dcmread(SAMPLES / sample)

    def store(event):
        kept.append((event.dataset, event.context.transfer_syntax))
        return 0

    contexts = [(dataset.SOPClassUID, [ExplicitVRLittleEndian])]
    with receiver(contexts, [(evt.EVT_C_STORE, store)]) as port:
        result = sender.ask("send", to(port) + listing([SAMPLES / sample]))
    assert result["outcome"] == "done" and sender.all("sent")[-1]["status"] == "0000", sender.all("sent")
    assert kept[0][1] == ExplicitVRLittleEndian
    if original:
        assert kept[0][0].PixelData == pydicom.dcmread(SAMPLES / original).PixelData


def test_lossy_images_are_never_converted(tmp_path, sender):
    lossy = SAMPLES / "SC_rgb_jpeg_dcmtk.dcm"
    dataset = pydicom.dcmread(lossy)
    assert dataset.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
    with receiver([(dataset.SOPClassUID, [ExplicitVRLittleEndian])], [(evt.EVT_C_STORE, lambda e: 0)]) as port:
        result = sender.ask("send", to(port) + listing([lossy]))
    sent = sender.wait_for("sent", lambda m: m.id == result.id)
    assert sent["status"] == "0122" and "without loss" in sent["comment"]


@pytest.mark.parametrize("declared, name, expected", [
    ("GB18030", "王^小东", "王^小东"), ("ISO_IR 100", "Müller^Jörg", "Müller^Jörg"), ("ISO_IR 192", "王^小东", "王^小东"),
    ("ISO_IR 100", "王^小东", None)])
def test_coercion_is_written_in_the_character_set_of_the_data_set(tmp_path, archive, sender, declared, name, expected):
    kept, port = archive
    path = save(image(SpecificCharacterSet=declared), tmp_path / "a.dcm")
    result = sender.ask("send", to(port, ("set", f"0010,0010={name}")) + listing([path]))
    assert result["outcome"] == "done"
    if expected:
        assert str(kept[0][0].PatientName) == expected and kept[0][0].SpecificCharacterSet == declared
    else:
        sent = sender.wait_for("sent", lambda m: m.id == result.id)
        assert sent["status"] == "C000" and "cannot be changed" in sent["comment"] and not kept


def test_sending_that_fails_says_why(tmp_path, archive, sender):
    kept, port = archive
    path = save(image(), tmp_path / "a.dcm")
    import socket
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        refused = sender.ask("send", to(free.getsockname()[1]) + listing([path]))
    assert refused["outcome"] == "failed" and "refused" in refused["reason"] and refused["cure"]
    with node(tmp_path, peers=[]) as module:
        rejected = sender.ask("send", to(module.port, called="HILUM") + listing([path]))
    assert rejected["outcome"] == "failed" and "does not know our AE title" in rejected["reason"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        late = sender.ask("send", [("host", "127.0.0.1"), ("port", silent.getsockname()[1]), ("called", "X"),
                                   ("timeout_seconds", 2)] + listing([path]))
    assert late["outcome"] == "failed" and "silent" in late["reason"], late
    missing = sender.ask("send", to(port) + [("file", "/nowhere"), ("sop_class", CTImageStorage),
                                             ("sop_instance", "1.2"), ("transfer_syntax", ExplicitVRLittleEndian)])
    assert sender.wait_for("sent", lambda m: m.id == missing.id)["status"] == "C000"


def test_requesting_commitment(tmp_path, sender):
    with node(tmp_path) as archive:
        archive.on["commit"] = lambda m: [answer(m), Message(
            "report-commit", {"association": m["association"], "event": 2}, m.body, 5)]
        sender.on["commit-report"] = lambda m: [answer(m)]
        request = commitment("1.2.3")
        result = sender.ask("request-commit", to(archive.port, ("wait_seconds", 20), called="HILUM"), encode(request))
        assert result["outcome"] == "done" and result["reported"] == "1", result
        report = sender.wait_for("commit-report")
        assert report["event"] == "2" and decode(report.body).TransactionUID == request.TransactionUID


def test_a_report_of_an_archive_on_an_association_of_its_own(tmp_path):
    with node(tmp_path) as module:
        module.on["commit-report"] = lambda m: [answer(m)]
        request = commitment("1.2.3")
        with DicomModule({"role": "sender", "ae_title": "PACS"}) as archive:
            result = archive.ask("report-commit", to(module.port, ("event", 1), called="HILUM"), encode(request))
            assert result["outcome"] == "done", result
        assert module.wait_for("commit-report")["calling"] == "PACS"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*command):
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
            "-subj", "/CN=Test authority")
    for name in ("node", "device"):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj",
                f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                f"{name}.pem", "-days", "30")
    return folder


def tls(folder, name, **more):
    return {"certificate": str(folder / f"{name}.pem"), "key": str(folder / f"{name}.key"),
            "authorities": str(folder / "ca.pem"), **more}


@pytest.mark.parametrize("profile", ["bcp195", "non-downgrading", "extended"])
def test_tls_with_certificates_of_both_sides(tmp_path, certificates, profile):
    own = tls(certificates, "node", clients="required", profile=profile)
    listen = [{"address": "127.0.0.1", "port": 0, "tls": own}]
    path = save(image(size=512), tmp_path / "a.dcm")
    with node(tmp_path, listen=listen) as module:
        said = tool("storescu", "-R", "+tls", certificates / "device.key", certificates / "device.pem", "+cf",
                    certificates / "ca.pem", "-aec", "HILUM", "127.0.0.1", module.port, path)
        assert said.returncode == 0, said.stdout
        assert "device" in module.wait_for("associated")["tls"]
        assert data_set_bytes(module.wait_for("stored")["path"]) == data_set_bytes(path)
        # Without a certificate, and without TLS.
        assert tool("echoscu", "+tla", "-ic", "-aec", "HILUM", "127.0.0.1", module.port).returncode != 0
        assert tool("echoscu", "-aec", "HILUM", "127.0.0.1", module.port, timeout=60).returncode != 0
        for reason in ("TLS handshake failed", "without TLS"):
            module.wait_for("refused", lambda m, reason=reason: reason in m["reason"])
        options = {"role": "sender", "ae_title": "SENDER", "tls": tls(certificates, "device", profile=profile)}
        with DicomModule(options) as s:
            result = s.ask("send", to(module.port, ("tls", 1), called="HILUM") + listing([path]))
            assert result["outcome"] == "done", result


def test_a_certificate_that_is_not_there_is_told(tmp_path, certificates):
    broken = {"certificate": "/nowhere.pem", "key": str(certificates / "node.key"),
              "authorities": str(certificates / "ca.pem")}
    listen = [{"address": "127.0.0.1", "port": 0, "tls": broken}, {"address": "127.0.0.1", "port": 0}]
    with node(tmp_path, listen=listen) as module:
        assert "/nowhere.pem" in module.wait_for("trouble")["problem"]
        assert tool("echoscu", "-aec", "HILUM", "127.0.0.1", module.port).returncode == 0


@pytest.fixture
def renderer():
    with DicomModule({"role": "renderer"}) as module:
        assert module.started["code"] == "0", module.started
        yield module


def size_of(picture):
    if picture[:8] == b"\x89PNG\r\n\x1a\n":
        return int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")
    place = 2
    while place < len(picture):
        marker, length = picture[place + 1], int.from_bytes(picture[place + 2:place + 4], "big")
        if 0xC0 <= marker <= 0xC3:
            height, width = picture[place + 5:place + 7], picture[place + 7:place + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        place += 2 + length
    raise AssertionError("no picture")


@pytest.mark.parametrize("sample", ["CT_small.dcm", "MR_small_RLE.dcm", "SC_rgb_jpeg_dcmtk.dcm", "examples_palette.dcm",
                                    "MR_small_jpeg_ls_lossless.dcm", "SC_rgb_rle_2frame.dcm"])
def test_pictures(renderer, sample):
    rows, columns = (lambda d: (d.Rows, d.Columns))(pydicom.dcmread(SAMPLES / sample, stop_before_pixels=True))
    for kind in ("jpeg", "png"):
        result = renderer.ask(
            "render", {"path": SAMPLES / sample, "frame": 1, "format": kind, "width": 50, "height": 50})
        assert result["outcome"] == "done" and result["content_type"] == f"image/{kind}", result
        assert max(size_of(result.body)) == min(50, max(rows, columns))
    whole = renderer.ask("render", {"path": SAMPLES / sample, "frame": 1, "format": "png", "window": "100/400"})
    assert size_of(whole.body) == (columns, rows)


def test_pictures_that_cannot_be_made(renderer, tmp_path):
    huge = image()
    huge.Rows = huge.Columns = 65000
    cases = {SAMPLES / "reportsi.dcm": "no picture", SAMPLES / "JPEG2000.dcm": "cannot be read",
             pathlib.Path("/nowhere"): "cannot be read", save(huge, tmp_path / "huge.dcm"): "too large"}
    for path, reason in cases.items():
        result = renderer.ask("render", {"path": path, "frame": 1, "format": "png"})
        assert result["outcome"] == "failed" and reason in result["reason"], result
    result = renderer.ask("render", {"path": SAMPLES / "CT_small.dcm", "frame": 2, "format": "png"})
    assert "no frame 2" in result["reason"]
