"""Peers and data for the tests of the DICOM driver: pydicom, pynetdicom, and the tools of dcmtk."""
import contextlib
import os
import pathlib
import socket
import subprocess

import numpy
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid
from pynetdicom import AE, evt

from .dicom_module import DicomModule

SAMPLES = pathlib.Path(pydicom.__file__).parent / "data" / "test_files"
EVERYTHING = ["store", "find", "worklist", "mpps", "commit", "retrieve"]


def node_options(folder, **changes):
    folder = pathlib.Path(folder)
    options = {
        "role": "node", "ae_title": "HILUM", "incoming": str(folder / "incoming"), "images": str(folder / "images"),
        "listen": [{"address": "127.0.0.1", "port": 0}], "associations": 64, "idle_seconds": 30,
        "request_seconds": 5, "answer_seconds": 30,
        "peers": [{"device": "ct-1", "ae": "", "address": "127.0.0.0/8", "called": "HILUM", "associations": 64,
                   "may": EVERYTHING}],
    }
    options.update(changes)
    return options


@contextlib.contextmanager
def node(folder, wrapper=(), **changes):
    with DicomModule(node_options(folder, **changes), wrapper=wrapper) as module:
        assert module.started["code"] == "0", module.started
        yield module


def tool(*command, timeout=120, **environment):
    """Runs a dcmtk tool; everything it said is in stdout."""
    return subprocess.run(
        [str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
        env={**os.environ, "TCP_NODELAY": "1", **environment})


def image(size=64, patient="P-0001", syntax=ExplicitVRLittleEndian, **more):
    """A synthetic CT image."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.PatientID, dataset.PatientName, dataset.Modality = patient, "Test^Patient", "CT"
    dataset.Rows = dataset.Columns = size
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelData = (numpy.arange(size * size, dtype=numpy.uint16) % 4096).tobytes()
    for name, value in more.items():
        setattr(dataset, name, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def save(dataset, path):
    dataset.save_as(path, enforce_file_format=True)
    return path


def data_set_bytes(path):
    """What follows the File Meta Information, as it stands in the file."""
    data = pathlib.Path(path).read_bytes()
    assert data[128:132] == b"DICM"
    length = int.from_bytes(data[140:144], "little")
    return data[144 + length:]


def encode(dataset):
    """A data set as messages carry it: Explicit VR Little Endian."""
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, dataset)
    return buffer.getvalue()


def decode(data):
    from io import BytesIO
    return pydicom.dcmread(BytesIO(data), force=True) if not data else pydicom.filereader.read_dataset(
        BytesIO(data), is_implicit_VR=False, is_little_endian=True)


@contextlib.contextmanager
def association(port, contexts, title="TESTER", called="HILUM", timeout=60, **more):
    """An association of pynetdicom's; contexts: abstract syntaxes, or pairs with their transfer syntaxes."""
    ae = AE(ae_title=title)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = timeout
    for context in contexts:
        abstract, syntaxes = context if isinstance(context, tuple) else (context, None)
        ae.add_requested_context(abstract, syntaxes or [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    peer = ae.associate("127.0.0.1", port, ae_title=called, **more)
    try:
        yield peer
    finally:
        if peer.is_established:
            peer.release()


@contextlib.contextmanager
def receiver(contexts, handlers, title="PACS", **more):
    """An SCP of pynetdicom's; gives its port."""
    ae = AE(ae_title=title)
    ae.maximum_pdu_size = 0
    for context in contexts:
        abstract, syntaxes = context if isinstance(context, tuple) else (context, None)
        ae.add_supported_context(abstract, syntaxes or [ExplicitVRLittleEndian, ImplicitVRLittleEndian], **more)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()


def connect(port, data=b""):
    peer = socket.create_connection(("127.0.0.1", port), timeout=30)
    if data:
        peer.sendall(data)
    return peer


__all__ = ["EVERYTHING", "SAMPLES", "association", "connect", "data_set_bytes", "decode", "encode", "evt", "image",
           "node", "node_options", "receiver", "save", "tool"]
