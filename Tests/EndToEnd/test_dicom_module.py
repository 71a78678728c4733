"""The DICOM driver as a node: who may associate, and what storing means. The gateway is played by the test."""
import os
import pathlib
import shutil
import subprocess
import threading
import time

import pydicom
import pytest
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless
from pynetdicom import AE, StoragePresentationContexts
from pynetdicom.sop_class import Verification

from support.dicom_module import DicomModule, answer
from support.dicom_peers import (SAMPLES, association, connect, data_set_bytes, image, node, node_options, save, tool)

HTJ2K = "1.2.840.10008.1.2.4.201"


def test_echo_by_dcmtk_and_pynetdicom(tmp_path):
    with node(tmp_path) as module:
        assert tool("echoscu", "-aec", "HILUM", "127.0.0.1", module.port).returncode == 0
        with association(module.port, [Verification]) as peer:
            assert peer.send_c_echo().Status == 0
        ended = module.wait_for("ended", lambda m: m["calling"] == "TESTER")
        assert ended["how"] == "released" and ended["device"] == "ct-1" and ended["address"] == "127.0.0.1"


def test_an_instance_is_kept_bit_for_bit_and_told_before_it_is_acknowledged(tmp_path):
    dataset = image(size=256)
    path = save(dataset, tmp_path / "ct.dcm")
    with node(tmp_path) as module:
        with association(module.port, [CTImageStorage]) as peer:
            assert peer.send_c_store(str(path)).Status == 0x0000
        told = module.wait_for("stored")
        assert told["sop_class"] == CTImageStorage and told["sop_instance"] == dataset.SOPInstanceUID
        assert told["transfer_syntax"] == ExplicitVRLittleEndian and told["calling"] == "TESTER"
        kept = pathlib.Path(told["path"])
        assert kept.is_relative_to(tmp_path / "images") and kept.suffix == ".dcm"
        assert data_set_bytes(kept) == data_set_bytes(path)
        assert int(told["size"]) == len(data_set_bytes(path))
        meta = pydicom.dcmread(kept).file_meta
        assert meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
        assert meta.SourceApplicationEntityTitle == "TESTER"
        assert list((tmp_path / "incoming").iterdir()) == []
        assert module.wait_for("ended")["stored"] == "1"


def test_the_answer_is_the_gateways(tmp_path):
    with node(tmp_path) as module:
        module.on["stored"] = lambda m: [answer(m, "B007", comment="not what it says")]
        with association(module.port, [CTImageStorage]) as peer:
            status = peer.send_c_store(image())
            assert status.Status == 0xB007 and status.ErrorComment == "not what it says"
            module.on["stored"] = lambda m: [answer(m, "C001")]
            assert peer.send_c_store(image()).Status == 0xC001


def test_nothing_is_acknowledged_that_the_gateway_does_not_answer(tmp_path):
    with node(tmp_path, answer_seconds=1) as module:
        module.on["stored"] = lambda m: []
        with association(module.port, [CTImageStorage]) as peer:
            assert peer.send_c_store(image()).Status == 0xA700
            assert module.wait_for("failed")["status"] == "A700"
            assert pathlib.Path(module.wait_for("stored")["path"]).exists()
            module.on["stored"] = lambda m: [answer(m)]
            assert peer.send_c_store(image()).Status == 0x0000


def sample_files():
    for path in sorted(SAMPLES.glob("*.dcm")):
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            named = dataset.get("SOPClassUID") and dataset.get("SOPInstanceUID")
            if named and dataset.file_meta.get("TransferSyntaxUID"):
                yield path, dataset
        except (pydicom.errors.InvalidDicomError, AttributeError):
            continue


def test_every_transfer_syntax_of_pydicoms_test_files(tmp_path):
    """Their bytes are sent as they stand in the files, whatever is in them."""
    from pynetdicom.dimse_primitives import C_STORE
    from io import BytesIO
    syntaxes = set()
    with node(tmp_path) as module:
        for number, (path, dataset) in enumerate(sample_files(), 1):
            syntax = dataset.file_meta.TransferSyntaxUID
            raw = path.read_bytes()
            length = int.from_bytes(raw[140:144], "little")
            if raw[128:132] != b"DICM" or raw[132:136] != b"\x02\x00\x00\x00":
                continue
            with association(module.port, [(dataset.SOPClassUID, [syntax])]) as peer:
                assert peer.is_established and peer.accepted_contexts, (path.name, syntax)
                request = C_STORE()
                request.MessageID, request.Priority = 1, 2
                request.AffectedSOPClassUID = dataset.SOPClassUID
                request.AffectedSOPInstanceUID = dataset.SOPInstanceUID
                request.DataSet = BytesIO(raw[144 + length:])
                peer._reactor_checkpoint.clear()
                peer.dimse.send_msg(request, peer.accepted_contexts[0].context_id)
                _, reply = peer.dimse.get_msg(block=True)
                peer._reactor_checkpoint.set()
                assert reply is not None and reply.Status == 0x0000, path.name
            told = module.wait_for("stored", lambda m: m["association"] == str(number), 60)
            assert data_set_bytes(told["path"]) == raw[144 + length:], path.name
            assert told["transfer_syntax"] == syntax
            syntaxes.add(syntax)
    assert len(syntaxes) >= 9, syntaxes


def test_contexts_that_cannot_be_carried_are_refused_and_the_association_lives(tmp_path):
    with node(tmp_path) as module:
        contexts = [(CTImageStorage, [HTJ2K]), (CTImageStorage, [ImplicitVRLittleEndian, ExplicitVRLittleEndian]),
                    ("1.2.840.10008.5.1.4.1.1.2.1", [HTJ2K, JPEG2000Lossless]), "1.2.3.4.5.6", Verification]
        with association(module.port, contexts) as peer:
            accepted = {(c.abstract_syntax, c.transfer_syntax[0]) for c in peer.accepted_contexts}
            assert (CTImageStorage, ExplicitVRLittleEndian) in accepted  # explicit before implicit
            assert ("1.2.840.10008.5.1.4.1.1.2.1", JPEG2000Lossless) in accepted
            assert len(peer.rejected_contexts) == 2
            assert peer.send_c_echo().Status == 0
            assert peer.send_c_store(image()).Status == 0
        told = module.wait_for("associated")
        assert told["contexts"] == "3"
        assert any("no transfer syntax in common" in text for text in told.all("refused"))
        assert any("1.2.3.4.5.6: not served" in text for text in told.all("refused"))


def test_all_storage_classes_of_pynetdicom(tmp_path):
    with node(tmp_path) as module:
        classes = [c.abstract_syntax for c in StoragePresentationContexts]
        accepted = set()
        for start in range(0, len(classes), 120):
            with association(module.port, classes[start:start + 120]) as peer:
                accepted |= {c.abstract_syntax for c in peer.accepted_contexts}
        assert len(accepted) >= 110, sorted(set(classes) - accepted)


@pytest.mark.parametrize("peers, title, called, reason", [
    ([{"device": "a", "ae": "CT1", "address": "127.0.0.0/8"}], "CT2", "HILUM", "no device"),
    ([{"device": "a", "ae": "CT1", "address": "10.0.0.0/8"}], "CT1", "HILUM", "no device"),
    ([{"device": "a", "ae": "CT1", "address": "127.0.0.1", "called": "HILUM"}], "CT1", "OTHER", "called AE title"),
])
def test_who_is_not_known_is_refused_with_the_reason(tmp_path, peers, title, called, reason):
    with node(tmp_path, peers=peers) as module:
        with association(module.port, [Verification], title=title, called=called) as peer:
            assert peer.is_rejected
            rejection = peer.acceptor.primitive
            assert (rejection.result, rejection.result_source) == (1, 1)
            assert rejection.diagnostic == (7 if called == "OTHER" else 3)
        told = module.wait_for("refused")
        assert reason in told["reason"] and told["cure"] and told["calling"] == title


def test_limits_of_a_peer_and_of_what_it_may(tmp_path):
    peers = [{"device": "a", "ae": "TESTER", "associations": 1, "may": ["worklist"]}]
    with node(tmp_path, peers=peers) as module:
        with association(module.port, [Verification, CTImageStorage]) as first:
            assert [c.abstract_syntax for c in first.accepted_contexts] == [Verification]
            with association(module.port, [Verification]) as second:
                assert second.is_rejected
                rejection = second.acceptor.primitive
                assert (rejection.result, rejection.result_source, rejection.diagnostic) == (2, 3, 2)
        module.wait_for("ended")
        with association(module.port, [Verification]) as third:
            assert third.is_established


def test_peers_are_replaced_while_it_runs(tmp_path):
    import json
    from support.dicom_module import Message
    with node(tmp_path, peers=[]) as module:
        assert tool("echoscu", "-aec", "HILUM", "127.0.0.1", module.port).returncode != 0
        module.send(Message("configure", body=json.dumps(node_options(tmp_path)).encode()))
        deadline = time.monotonic() + 30
        while tool("echoscu", "-aec", "HILUM", "127.0.0.1", module.port).returncode != 0:
            assert time.monotonic() < deadline
        module.send(Message("configure", body=b"{"))
        assert "JSON" in module.wait_for("trouble")["problem"]
        assert tool("echoscu", "-aec", "HILUM", "127.0.0.1", module.port).returncode == 0


@pytest.mark.parametrize("data, looks", [
    (b"GET / HTTP/1.1\r\n\r\n", "HTTP"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS"),
    (b"\x0bMSH|^~\\&|", "HL7"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
    (b"\xff\x00\xff\x00\xff\x00", "not DICOM"),
    (b"\x04\x00\x00\x00\x00\x04\x00\x00\x00\x00", "type 04"),
    (b"\x01\x00\x7f\xff\xff\xff", "bytes"),
    (b"\x01\x00\x00\x00\x00\x48\x00\x01\x00\x00" + b"A" * 32 + b"\0" * 32 + b"\x10\x00\xff\xff", "longer than"),
    (b"\x01\x00\x00\x00\x01\x00\x00\x01", "closed"),
    (b"", "closed"),
])
def test_what_is_no_association_request_is_named(tmp_path, data, looks):
    with node(tmp_path) as module:
        connect(module.port, data).close()
        assert looks in module.wait_for("refused")["reason"]
        assert tool("echoscu", "-aec", "HILUM", "127.0.0.1", module.port).returncode == 0


def test_an_instance_that_is_too_large_is_refused_and_the_association_lives(tmp_path):
    with node(tmp_path, largest_instance=20000) as module:
        with association(module.port, [CTImageStorage]) as peer:
            assert peer.send_c_store(image(size=256)).Status == 0xA700
            assert peer.send_c_store(image(size=64)).Status == 0x0000
        assert "larger than" in module.wait_for("failed")["reason"]
        assert len(list((tmp_path / "images").rglob("*.dcm"))) == 1
        assert list((tmp_path / "incoming").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_is_a700_and_nothing_half_written_stays(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]).returncode != 0:
        pytest.skip("no small file system can be mounted here")
    try:
        with node(disk) as module:
            with association(module.port, [CTImageStorage]) as peer:
                statuses = [peer.send_c_store(image(size=512)).Status for _ in range(4)]
                assert statuses[0] == 0x0000 and statuses[-1] == 0xA700, statuses
                assert peer.is_established
            assert module.wait_for("failed")["reason"] == "the disk is full"
            assert len(list(disk.rglob("*.dcm"))) == statuses.count(0)
            assert list(disk.rglob("*.part")) == []
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_stored_is_told_after_file_and_folder_are_synced(tmp_path):
    trace = tmp_path / "trace"
    wrapper = ["strace", "-f", "-qq", "-s", "200", "-e", "trace=fdatasync,fsync,renameat2,write", "-o", str(trace)]
    with node(tmp_path, wrapper=wrapper) as module:
        with association(module.port, [CTImageStorage]) as peer:
            assert peer.send_c_store(image()).Status == 0
        told = module.wait_for("stored")["path"]
    lines = trace.read_text().splitlines()
    synced = next(n for n, line in enumerate(lines) if "fdatasync(" in line)
    renamed = next(n for n, line in enumerate(lines) if "renameat2(" in line and told in line)
    folder = next(n for n, line in enumerate(lines) if n > renamed and "fsync(" in line and "fdatasync(" not in line)
    said = next(n for n, line in enumerate(lines) if "stored" in line and "write(" in line)
    assert synced < renamed < folder < said, lines


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("call", ["fdatasync", "fsync"])
def test_a_failed_sync_stops_acknowledgements_and_is_told(tmp_path, call):
    # By the thread of the association: each file, and four folders of a new hour before it is synced itself.
    inject = f"inject={call}:error=EIO:when={3 if call == 'fdatasync' else 8}+"
    wrapper = ["strace", "-f", "-qq", "-e", f"trace={call}", "-e", inject, "-o", str(tmp_path / "trace")]
    with node(tmp_path, wrapper=wrapper) as module:
        with association(module.port, [CTImageStorage]) as peer:
            statuses = [peer.send_c_store(image()).Status for _ in range(12)]
            assert peer.is_established
        assert statuses[0] == 0 and statuses[-1] == 0xA700 and statuses == sorted(statuses), (
            statuses, module.messages, (tmp_path / "trace").read_text())
        assert "durable" in module.wait_for("trouble")["problem"]
        kept = list((tmp_path / "images").rglob("*.dcm"))
        assert len(module.all("stored")) == statuses.count(0) == len(kept), (statuses, kept, module.messages)


def test_folders_that_were_tidied_away_are_made_again(tmp_path):
    with node(tmp_path) as module:
        with association(module.port, [CTImageStorage]) as peer:
            for _ in range(3):
                assert peer.send_c_store(image()).Status == 0
                for folder in (tmp_path / "images").iterdir():
                    shutil.rmtree(folder)


def test_uids_that_are_paths_make_no_paths(tmp_path):
    with node(tmp_path) as module:
        with association(module.port, [CTImageStorage]) as peer:
            from pynetdicom import _config
            before, _config.ENFORCE_UID_CONFORMANCE = _config.ENFORCE_UID_CONFORMANCE, False
            try:
                dataset = image()
                dataset.SOPInstanceUID = "../../../../tmp/evil"
                peer.send_c_store(dataset)
            finally:
                _config.ENFORCE_UID_CONFORMANCE = before
        told = module.wait_for("stored")
        assert pathlib.Path(told["path"]).resolve().is_relative_to(tmp_path / "images")
        assert pathlib.Path(told["path"]).stem.isdigit()


def test_a_crash_leaves_nothing_in_incoming(tmp_path):
    with node(tmp_path) as module:
        (tmp_path / "incoming" / "123.part").write_bytes(b"half")
        module.kill()
    with node(tmp_path) as module:
        assert list((tmp_path / "incoming").iterdir()) == []


@pytest.mark.parametrize("change, complaint", [
    ({"role": "nothing"}, "role"), ({"max_pdu": 1}, "max_pdu"), ({"ae_title": "x" * 17}, "ae_title"),
    ({"peers": [{"address": "10.0.0.0/99"}]}, "peers[0].address"), ({"peers": [{"may": ["fly"]}]}, "peers[0].may[0]"),
    ({"incoming": "/proc/nowhere"}, "/proc/nowhere"), ({"idle_seconds": "x"}, "idle_seconds"),
])
def test_options_that_are_wrong_are_named(tmp_path, change, complaint):
    with DicomModule(node_options(tmp_path, **change)) as module:
        assert module.started["code"] == "1" and complaint in module.started["error"], module.started


def test_a_port_in_use_is_told(tmp_path):
    with node(tmp_path / "a") as first:
        with node(tmp_path / "b", listen=[{"address": "127.0.0.1", "port": first.port}]) as second:
            told = second.wait_for("trouble")
            assert str(first.port) in told["problem"] and "another program" in told["cure"]


def test_stopping_ends_open_associations_at_once(tmp_path):
    with node(tmp_path) as module:
        ae = AE(ae_title="TESTER")
        ae.add_requested_context(Verification)
        peers = [ae.associate("127.0.0.1", module.port, ae_title="HILUM") for _ in range(4)]
        assert all(p.is_established for p in peers)
        start = time.monotonic()
        assert module.stop() == 0
        assert time.monotonic() - start < 15
        for peer in peers:
            peer.abort()


def test_four_senders_at_once(tmp_path):
    files = [save(image(size=128), tmp_path / f"{n}.dcm") for n in range(25)]
    with node(tmp_path) as module:
        results = []

        def send():
            results.append(tool("storescu", "-R", "--repeat", "2", "-aec", "HILUM", "127.0.0.1", module.port, *files))

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(r.returncode == 0 for r in results), results
        stored = module.all("stored")
        assert len(stored) == 200 and len({m["path"] for m in stored}) == 200
        assert all(pathlib.Path(m["path"]).stat().st_size > 32768 for m in stored)
