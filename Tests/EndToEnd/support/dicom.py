"""Peers of the imaging path that nobody of the product wrote: dcmtk's tools, Orthanc, pydicom and pynetdicom."""
import io
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

import numpy
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid
from pynetdicom import AE, _config
from pynetdicom.sop_class import Verification

from .gateway import ROOT, Gateway, until
from .ports import free_port

# A file is sent as it is: no element is decoded and written anew on the way.
_config.STORE_SEND_CHUNKED_DATASET = True

SAMPLES = ROOT / "Tests" / "Samples" / "dicom"
# Without it the kernel holds back the last packet of each message, and the other side's answer with it.
NO_DELAY = {**os.environ, "TCP_NODELAY": "1"}


# -- instances ---------------------------------------------------------------------------------------------------------

def ct(study=None, series=None, number=1, rows=64, patient="P-1", name="Synthetic^Sample", accession="A-1", **more):
    """A synthetic CT slice; `more` are elements by keyword."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = generate_uid()
    ds.StudyDate, ds.StudyTime = "20260318", "091500"
    ds.AccessionNumber = accession
    ds.Modality = "CT"
    ds.Manufacturer, ds.StationName = "Synthetic", "CT-ROOM-1"
    ds.ReferringPhysicianName = "Referrer^Rita"
    ds.StudyDescription, ds.SeriesDescription = "CT of a phantom", "Axial"
    ds.PatientName, ds.PatientID = name, patient
    ds.PatientBirthDate, ds.PatientSex = "19700101", "O"
    ds.StudyInstanceUID = study or generate_uid()
    ds.SeriesInstanceUID = series or generate_uid()
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "1", 1, number
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows = ds.Columns = rows
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    x = numpy.arange(rows, dtype="<u2")
    ds.PixelData = ((x[:, None] * 7 + x[None, :] * 3 + number * 11) % 4096).astype("<u2").tobytes()
    for keyword, value in more.items():
        setattr(ds, keyword, value)
    return ds


def save(ds, path, syntax=ExplicitVRLittleEndian):
    """Writes a Part 10 file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    ds.file_meta = meta
    pydicom.dcmwrite(str(path), ds, enforce_file_format=True)
    return pathlib.Path(path)


def save_announced(ds, path, sop_class, uid, syntax=ExplicitVRLittleEndian):
    """A file whose File Meta Information, and so the C-STORE, says another thing than the data set."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID = sop_class, uid, syntax
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, syntax == ImplicitVRLittleEndian
    out.write(bytes(128) + b"DICM")
    write_file_meta_info(out, meta, enforce_standard=True)
    write_dataset(out, ds)
    pathlib.Path(path).write_bytes(out.getvalue())
    return pathlib.Path(path)


def study_files(folder, instances=4, syntax=ExplicitVRLittleEndian, series=1, **more):
    """Files of one study: (Study Instance UID, files)."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    uid, files = more.pop("study", None) or generate_uid(), []
    for s in range(series):
        series_uid = generate_uid()
        for n in range(instances):
            ds = ct(uid, series_uid, n + 1, SeriesNumber=s + 1, **more)
            files.append(save(ds, folder / f"{uid[-8:]}-{s}-{n}.dcm", syntax))
    return uid, files


def split(data: bytes):
    """(File Meta Information, bytes of the data set) of a Part 10 file."""
    assert data[128:132] == b"DICM", "no prefix"
    assert data[132:136] == b"\x02\x00\x00\x00", "no group length"
    end = 144 + int.from_bytes(data[140:144], "little")
    return pydicom.dcmread(io.BytesIO(data[:end]), force=True).file_meta, data[end:]


def held(folder):
    """What lies under a gateway's images: {SOP Instance UID: (transfer syntax, bytes of the data set)}; not what is aside."""
    found, folder = {}, pathlib.Path(folder)
    for path in sorted(folder.rglob("*.dcm")):
        if path.relative_to(folder).parts[0] in ("aside", "incoming"):
            continue
        try:
            meta, data = split(path.read_bytes())
        except (OSError, AssertionError):
            continue
        # Files are numbered: of two under one UID the first came first.
        found.setdefault(str(meta.MediaStorageSOPInstanceUID), (str(meta.TransferSyntaxUID), data))
    return found


def uids(files):
    """SOP Instance UIDs of files."""
    return [str(pydicom.dcmread(f, stop_before_pixels=True, force=True).SOPInstanceUID) for f in files]


# -- configuration -----------------------------------------------------------------------------------------------------

EVERYTHING = ["store", "find", "worklist", "mpps", "commit", "retrieve"]


def modality(name="ct-1", ae="CT1", profile="quick", may=EVERYTHING, **dicom):
    """An entry of devices:."""
    return {"id": name, "profile": profile, "link": {"dicom": {"ae": ae, "peer": "127.0.0.1", "may": list(may), **dicom}}}


def archive(port, name="pacs", ae="PACS", dicom=None, **more):
    """An entry of destinations: a PACS by C-STORE."""
    return {"id": name, "dicom": {"host": "127.0.0.1", "port": port, "ae": ae, **(dicom or {})}, **more}


def hl7_destination(emr, name="emr"):
    return {"id": name, "hl7": {"host": "127.0.0.1", "port": emr.port}}


def fhir_destination(emr, name="fhir"):
    return {"id": name, "fhir": {"url": f"http://127.0.0.1:{emr.port}/fhir"}}


def quick_profile(folder, name="quick", **imaging):
    """A modality whose studies are complete soon."""
    place = pathlib.Path(folder) / name
    place.mkdir(parents=True, exist_ok=True)
    rules = {"quiet": "1s", **imaging}
    (place / "profile.yaml").write_text(
        f"id: {name}\nvendor: Nobody\nmodel: {name}\nkind: ct\nsupport: claimed\ndriver: dicom\n"
        f"imaging: {json.dumps(rules)}\n")
    (place / "NOTES.md").write_text("A modality of the tests.\n")


class ImagingSite(Gateway):
    """A gateway with `dicom:` and a quick modality; `dicom` and `web` are its ports, `images` its folder."""

    def __init__(self, folder, destinations=(), devices=None, dicom=None, imaging=None, **more):
        folder = pathlib.Path(folder)
        quick_profile(folder / "profiles", **(imaging or {}))
        self.dicom, self.web = free_port(), free_port()
        section = {
            "port": self.dicom, "completion": {"quiet": "1s", "after_mpps": "1s"}, "web": {"port": self.web}, **(dicom or {}),
        }
        if "listen" in section:
            del section["port"]
        more.setdefault("profiles", [str(folder / "profiles")])
        super().__init__(folder, devices or [modality()], list(destinations), dicom=section, **more)
        self.images = self.state / "images"

    def study(self, uid):
        """`hilum studies show`."""
        return self.cli("studies", "show", uid)[0]

    def studies(self, *arguments):
        """`hilum studies`, by Study Instance UID."""
        return {row["study"]: row for row in self.cli("studies", "list", *arguments)}

    def complete(self, uid, version=1, timeout=60):
        """Waits until the EMR's queue has a version of a study."""
        return until(lambda: (r := self.studies().get(uid)) and r["version"] >= version and r["state"] == "complete" and r,
                     timeout=timeout, what=f"version {version} of study {uid}")


# -- dcmtk -------------------------------------------------------------------------------------------------------------

def dcmtk(tool, *arguments, timeout=120, check=False):
    """Runs one of dcmtk's tools; what it says is in `.output`."""
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, timeout=timeout, env=NO_DELAY)
    done.output = (done.stdout + done.stderr).decode(errors="replace")
    if check:
        assert done.returncode == 0, f"{tool}: {done.returncode}\n{done.output}"
    return done


def echo(port, calling="CT1", called="HILUM", *more):
    return dcmtk("echoscu", "-to", "10", *more, "-aet", calling, "-aec", called, "127.0.0.1", port)


def store(port, files, calling="CT1", called="HILUM", *more, check=True):
    """storescu; one association."""
    return dcmtk("storescu", "--max-send-pdu", "131072", *more, "-aet", calling, "-aec", called, "127.0.0.1", port,
                 *files, check=check)


class StoreSCP:
    """dcmtk's storescp as an archive: keeps files bit for bit."""

    def __init__(self, folder, port=None, ae="PACS", *more):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.ae, self.more = port or free_port(), ae, more
        self.process = None

    def __enter__(self):
        self.log = open(self.folder.parent / f"{self.folder.name}-storescp.log", "ab")
        self.process = subprocess.Popen(
            ["storescp", "-aet", self.ae, "--bit-preserving", "+xa", "--fork", "-od", str(self.folder), *self.more, str(self.port)],
            stdout=self.log, stderr=self.log, env=NO_DELAY, start_new_session=True)
        wait_for_port(self.port)
        return self

    def __exit__(self, *_):
        # storescp forks a child an association: the whole group of its own goes.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()

    @property
    def files(self):
        return sorted(p for p in self.folder.iterdir() if p.is_file())


def wait_for_port(port, timeout=60):
    """Until something listens there, without connecting to it."""
    needle = f":{port:04X} "

    def listens():
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            try:
                lines = open(table).read().splitlines()[1:]
            except OSError:
                continue
            if any(needle in f"{l.split()[1]} " and l.split()[3] == "0A" for l in lines):
                return True
        return False

    until(listens, timeout=timeout, what=f"a listener on port {port}")


# -- Orthanc -----------------------------------------------------------------------------------------------------------

class Orthanc:
    """Orthanc from its Debian binary, with a configuration and a folder of its own; no Debian service is touched."""

    BINARY = "/usr/sbin/Orthanc"
    DICOMWEB = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"

    def __init__(self, folder, ae="PACS", peers=None, dicomweb=False, **more):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ae = ae
        self.dicom, self.http = free_port(), free_port()
        self.configuration = {
            "Name": ae, "StorageDirectory": str(self.folder / "db"), "IndexDirectory": str(self.folder / "db"),
            "StorageCompression": False, "Plugins": [self.DICOMWEB] if dicomweb else [],
            "HttpServerEnabled": True, "HttpPort": self.http, "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
            "DicomServerEnabled": True, "DicomAet": ae, "DicomPort": self.dicom, "DicomCheckCalledAet": False,
            "DicomAlwaysAllowEcho": True, "DicomAlwaysAllowStore": True, "DicomAlwaysAllowFind": True,
            "DicomAlwaysAllowMove": True, "DicomAlwaysAllowGet": True, "UnknownSopClassAccepted": True,
            "DicomModalities": {k: list(v) for k, v in (peers or {}).items()}, "StableAge": 1, "HttpsVerifyPeers": False,
            "JobsHistorySize": 10, "SaveJobs": False, "StorageAccessOnFind": "Always", **more,
        }
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        path = self.folder / "orthanc.json"
        path.write_text(json.dumps(self.configuration))
        self.log = open(self.folder / "orthanc.log", "ab")
        self.process = subprocess.Popen([self.BINARY, str(path)], stdout=self.log, stderr=self.log, start_new_session=True)
        until(self._answers, timeout=60, what="Orthanc")
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Orthanc ended with {self.process.returncode}:\n{(self.folder / 'orthanc.log').read_text()[-2000:]}")
        try:
            return self.get("/system")["DicomPort"] == self.dicom
        except (OSError, urllib.error.URLError):
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def request(self, path, body=None, method=None):
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def get(self, path):
        return json.loads(self.request(path))

    def upload(self, file):
        """Puts a file in over HTTP; gives Orthanc's id of it."""
        return json.loads(self.request("/instances", pathlib.Path(file).read_bytes()))["ID"]

    def send(self, modality, ids):
        """Orthanc as C-STORE SCU, synchronous."""
        return json.loads(self.request(f"/modalities/{modality}/store", {"Resources": ids, "Synchronous": True}))

    def instances(self):
        """SOP Instance UIDs held."""
        return {i["MainDicomTags"]["SOPInstanceUID"] for i in self.get("/instances?expand")}

    def file(self, uid):
        """The file of a SOP Instance UID."""
        found = json.loads(self.request("/tools/lookup", uid.encode()))
        return self.request(f"/instances/{next(f['ID'] for f in found if f['Type'] == 'Instance')}/file")


# -- pynetdicom --------------------------------------------------------------------------------------------------------

def scu(port, contexts, calling="CT1", called="HILUM", roles=None, handlers=None, tls=None):
    """An association of pynetdicom: contexts is a list of (abstract syntax, [transfer syntaxes])."""
    ae = AE(ae_title=calling)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 60
    ae.connection_timeout = 15
    for abstract, syntaxes in contexts:
        ae.add_requested_context(abstract, list(syntaxes))
    return ae.associate("127.0.0.1", port, ae_title=called, ext_neg=roles or [], evt_handlers=handlers or [], tls_args=tls)


class SCP:
    """A pynetdicom acceptor: `handlers` are (event, function)."""

    def __init__(self, handlers, contexts, ae="PACS", port=None):
        self.port = port or free_port()
        self.ae = AE(ae_title=ae)
        self.ae.acse_timeout = self.ae.dimse_timeout = self.ae.network_timeout = 60
        self.ae.add_supported_context(Verification)
        for abstract in contexts:
            self.ae.add_supported_context(abstract, [ExplicitVRLittleEndian, ImplicitVRLittleEndian], scu_role=True, scp_role=True)
        self.handlers = handlers

    def __enter__(self):
        self.server = self.ae.start_server(("127.0.0.1", self.port), block=False, evt_handlers=self.handlers)
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def send_files(port, files, calling="CT1", called="HILUM"):
    """Sends files bit for bit, on one association as long as it lives: [(file, status, comment)].

    Status None: no presentation context was accepted; "lost": the association ended instead of an answer.
    """
    contexts = {}
    for file in files:
        meta = split(pathlib.Path(file).read_bytes())[0]
        contexts.setdefault(meta.MediaStorageSOPClassUID, set()).add(meta.TransferSyntaxUID)
    wanted = [(a, [s]) for a, syntaxes in contexts.items() for s in sorted(syntaxes)]
    assert len(wanted) <= 128, "more contexts than an association has"
    association, results = None, []
    try:
        for file in files:
            if association is None or not association.is_established:
                association = scu(port, wanted, calling, called)
            if not association.is_established:
                results.append((file, None, "no context of the association was accepted"))
                continue
            try:
                status = association.send_c_store(str(file))
                results.append((file, status.Status if "Status" in status else "lost", str(status.get("ErrorComment", ""))))
            except (ValueError, RuntimeError) as refused:
                results.append((file, None if association.is_established else "lost", str(refused)))
    finally:
        if association is not None and association.is_established:
            association.release()
    return results


def pydicom_files():
    """pydicom's own test files that are Part 10 files with a meta header."""
    folder = pathlib.Path(pydicom.__file__).parent / "data" / "test_files"
    files = []
    for path in sorted(folder.rglob("*.dcm")):
        data = path.read_bytes()
        if len(data) > 144 and data[128:132] == b"DICM" and data[132:136] == b"\x02\x00\x00\x00":
            meta = split(data)[0]
            if "MediaStorageSOPClassUID" in meta and "TransferSyntaxUID" in meta:
                files.append(path)
    return files


def certificates(folder):
    """An authority, a server's and a client's certificate, made for the test: paths by name."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    def run(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    paths = {n: folder / n for n in ("ca.pem", "ca.key", "other.pem", "other.key", "other-ca.pem", "other-ca.key")}
    for stem in ("ca", "other-ca"):
        run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={stem} of a test",
            "-keyout", folder / f"{stem}.key", "-out", folder / f"{stem}.pem")
    for stem, authority in (("server", "ca"), ("client", "ca"), ("other", "other-ca")):
        extensions = folder / f"{stem}.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        run("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={stem}", "-keyout", folder / f"{stem}.key", "-out", folder / f"{stem}.csr")
        run("x509", "-req", "-in", folder / f"{stem}.csr", "-CA", folder / f"{authority}.pem", "-CAkey", folder / f"{authority}.key",
            "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", folder / f"{stem}.pem")
        paths[f"{stem}.pem"], paths[f"{stem}.key"] = folder / f"{stem}.pem", folder / f"{stem}.key"
    return {name: str(path) for name, path in paths.items()}
