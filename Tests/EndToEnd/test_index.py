"""`hilum index` as a person and a cron job meet it: forms, options, errors, runs that follow each other, signals, pipes."""
import csv
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import zipfile

import pydicom
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from support.gateway import BIN, ROOT, until

SAMPLES = ROOT / "Tests" / "Samples" / "dicom"
PYDICOM = pathlib.Path(pydicom.__file__).parent / "data"
FORTY = """TransferSyntaxUID SpecificCharacterSet ImageType SOPClassUID SOPInstanceUID StudyDate SeriesDate AcquisitionDate
    StudyTime AcquisitionTime AccessionNumber Modality Manufacturer InstitutionName StationName StudyDescription
    SeriesDescription ManufacturerModelName PatientName PatientID PatientBirthDate PatientSex BodyPartExamined SliceThickness
    DeviceSerialNumber SoftwareVersions StudyInstanceUID SeriesInstanceUID StudyID SeriesNumber InstanceNumber
    ImagePositionPatient ImageOrientationPatient FrameOfReferenceUID NumberOfFrames Rows Columns PixelSpacing BitsAllocated
    BitsStored""".split()


def run(*arguments, status=0, **options):
    done = subprocess.run(
        [BIN / "hilum", "index", *map(str, arguments)], capture_output=True, timeout=300, **options)
    assert done.returncode == status, (done.returncode, done.stderr.decode(errors="replace")[-2000:])
    return done


def summary(*arguments, status=0, **options):
    return json.loads(run(*arguments, "--format", "json", status=status, **options).stdout)


def ndjson(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]


def image(path, number, study=1, series=1, **elements):
    """A small image of an invented patient."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = f"1.2.3.{study}.{series}.{number}"
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID = f"1.2.3.{study}", f"1.2.3.{study}.{series}"
    data.PatientID, data.PatientName, data.Modality = f"00{study}", f"Test^Patient{study}", "CT"
    data.StudyDate, data.AccessionNumber, data.InstanceNumber = "20261101", f"A{study}", number
    data.Rows = data.Columns = 16
    for keyword, value in elements.items():
        setattr(data, keyword, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture()
def tree(tmp_path):
    """Three studies of two series of four images, a text file, a broken image."""
    for study in (1, 2, 3):
        for series in (1, 2):
            for number in range(4):
                image(tmp_path / "tree" / f"s{study}" / f"e{series}" / f"{number}.dcm", number, study, series)
    (tmp_path / "tree" / "README.txt").write_text("not an image\n")
    whole = (tmp_path / "tree" / "s1" / "e1" / "0.dcm").read_bytes()
    (tmp_path / "tree" / "broken.dcm").write_bytes(whole[:300])
    return tmp_path / "tree"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A tree of 30,000 names, links to a few hundred images."""
    folder = tmp_path_factory.mktemp("large")
    originals = [image(folder / "originals" / f"{n}.dcm", n, n % 7, n % 13) for n in range(300)]
    for number in range(30_000):
        place = folder / "tree" / str(number // 1000)
        place.mkdir(parents=True, exist_ok=True)
        os.link(originals[number % 300], place / f"{number}.dcm")
    return folder / "tree"


# Forms


def test_every_form_has_the_same_rows(tree, tmp_path):
    for name in ("a.ndjson", "a.csv", "a.tsv", "a.sqlite"):
        run(tree, "--output", tmp_path / name, status=1)
    rows = ndjson(tmp_path / "a.ndjson")
    assert len(rows) == 24
    assert all(list(row) == ["Path", *FORTY, "Remark"] for row in rows)
    table = list(csv.DictReader((tmp_path / "a.csv").open(newline="", encoding="utf-8")))
    assert table == rows
    lines = (tmp_path / "a.tsv").read_text().splitlines()
    assert [dict(zip(lines[0].split("\t"), line.split("\t"))) for line in lines[1:]] == rows
    with sqlite3.connect(tmp_path / "a.sqlite") as db:
        found = db.execute("SELECT * FROM instances")
        names = [column[0] for column in found.description]
        assert names == ["Path", *FORTY, "Remark"]
        flat = {row[0]: ["" if cell is None else str(cell) for cell in row] for row in found}
    assert flat == {row["Path"]: list(row.values()) for row in rows}


def test_dicom_json(tree, tmp_path):
    run(tree / "s1", "--output", tmp_path / "a.json", "--form", "dicom-json")
    rows = ndjson(tmp_path / "a.json")
    assert len(rows) == 8
    for row in rows:
        assert row["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Test^Patient1"}]}
        assert row["00280010"] == {"vr": "US", "Value": [16]}


def test_the_database_is_sound_and_whole(tree, tmp_path):
    out = tmp_path / "a.sqlite"
    run(tree, "--output", out, status=1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.errors.csv", "a.sqlite", "tree"]
    assert out.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(out) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        counts = [db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("patient", "study", "series", "instance")]
        assert counts == [3, 3, 6, 24]
        assert db.execute("SELECT typeof(Rows), typeof(PatientID) FROM instances").fetchone() == ("integer", "text")
        assert dict(db.execute("SELECT Reason, count(*) FROM errors GROUP BY 1")) == {"not-dicom": 1, "truncated": 1}
        plan = str(db.execute("EXPLAIN QUERY PLAN SELECT * FROM instances WHERE SOPInstanceUID = '1'").fetchall())
        assert "instance_uid" in plan and "SCAN" not in plan


def test_a_spreadsheet_runs_nothing(tmp_path):
    evil = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://x","y")', "-12.5"]
    for number, text in enumerate(evil):
        image(tmp_path / "tree" / f"{number}.dcm", number, StudyDescription=text, PatientComments="a\r\nb,\"c\"")
    run(tmp_path / "tree", "--output", tmp_path / "a.csv", "--tags", "PatientComments")
    table = list(csv.DictReader((tmp_path / "a.csv").open(newline="", encoding="utf-8")))
    cells = {row["InstanceNumber"]: row["StudyDescription"] for row in table}
    assert cells == {str(n): text if text == "-12.5" else "'" + text for n, text in enumerate(evil)}
    assert {row["PatientComments"] for row in table} == {'a\r\nb,"c"'}
    assert all(re.match(r"-?[\d.]+$", cell) or not cell or cell[0] not in "=+-@\t\r" for row in table for cell in row.values())


def test_foreign_files_are_never_overwritten(tree, tmp_path):
    first = tree / "s1" / "e1" / "0.dcm"
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE precious (x)")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(first)
    (tmp_path / "notes.db").write_text("my notes")
    for name, form in [(first, "csv"), (other, "csv"), (other, "sqlite"), (tmp_path / "a.zip", "ndjson"),
                       (tmp_path / "notes.db", "sqlite"), (tree, "csv")]:
        before = name.read_bytes() if name.is_file() else b""
        done = subprocess.run([BIN / "hilum", "index", tree, "--output", name, "--form", form], capture_output=True, text=True)
        assert done.returncode in (1, 2) and "error: " in done.stderr, (name, done)
        assert not name.is_file() or name.read_bytes() == before
    before = first.read_bytes()
    run(tree, "-o", tmp_path / "x.csv", "--errors", first, status=2)
    assert first.read_bytes() == before


# Options


def test_more_columns(tree, tmp_path):
    run(tree / "s1", "--output", tmp_path / "a.csv", "--tags", "ProtocolName,0018,1151", "--tags",
        "00400275[2]/0040,1001, PatientID", "--tags", '0019,"ACME, Inc.",23')
    table = csv.reader((tmp_path / "a.csv").open(newline=""))
    assert next(table) == ["Path", *FORTY, "ProtocolName", "XRayTubeCurrent", "00400275[2]/0040,1001", '0019,"ACME, Inc.",23',
                           "Remark"]


def test_a_wrong_column_is_told_with_the_right_one(tree, tmp_path):
    for wrong, right in [("PatientNam", "PatientName"), ("seriesdescription", "SeriesDescription"), ("Slice", "SliceT")]:
        said = run(tree, "--output", tmp_path / "a.csv", "--tags", f"Rows,{wrong}", status=2).stderr.decode()
        assert wrong in said and right in said
    assert not (tmp_path / "a.csv").exists()
    said = run(tree, "--output", tmp_path / "a.csv", "--tags", "PixelData", status=2).stderr.decode()
    assert "pixel" in said


def test_private_columns_and_sequences(tmp_path):
    data = image(tmp_path / "tree" / "a.dcm", 1)
    made = pydicom.dcmread(data)
    block = made.private_block(0x0019, "ACME 1.0", create=True)
    block.add_new(0x23, "LO", "private value")
    made.RequestAttributesSequence = [pydicom.Dataset(), pydicom.Dataset()]
    made.RequestAttributesSequence[0].AccessionNumber = "NESTED"
    made.RequestAttributesSequence[1].RequestedProcedureID = "R2"
    del made.AccessionNumber
    made.save_as(data)
    run(tmp_path / "tree", "--output", tmp_path / "a.ndjson", "--tags", '0019,"ACME 1.0",23', "--tags",
        "RequestAttributesSequence[2]/RequestedProcedureID,RequestAttributesSequence")
    row, = ndjson(tmp_path / "a.ndjson")
    assert row["AccessionNumber"] == ""
    assert row['0019,"ACME 1.0",23'] == "private value"
    assert row["RequestAttributesSequence[2]/RequestedProcedureID"] == "R2"
    assert row["RequestAttributesSequence"] == "2"


def test_character_sets(tmp_path):
    path = image(tmp_path / "tree" / "a.dcm", 1, PatientName="Wang^XiaoDong=WXD^WXD")
    raw = path.read_bytes().replace(b"=WXD^WXD", "=王^小东".encode("gb18030")[:8].ljust(8))
    name = "=王^小东".encode("gb18030")
    assert len(name) == 8
    path.write_bytes(raw)
    for option, due in [("detect", "Wang^XiaoDong=王^小东"), ("GB18030", "Wang^XiaoDong=王^小东")]:
        run(tmp_path / "tree", "--output", tmp_path / "a.ndjson", "--character-set", option)
        row, = ndjson(tmp_path / "a.ndjson")
        assert row["PatientName"] == due
        assert row["SpecificCharacterSet"] == ""
        assert "GB18030" in row["Remark"]
    run(tmp_path / "tree", "--output", tmp_path / "a.ndjson", "--character-set", "declared")
    assert "王" not in ndjson(tmp_path / "a.ndjson")[0]["PatientName"]
    run(tmp_path / "tree", "--output", tmp_path / "a.ndjson", "--character-set", "klingon", status=2)


def test_since(tree, tmp_path):
    os.utime(tree / "s1" / "e1" / "0.dcm", (1_600_000_000, 1_600_000_000))
    os.utime(tree / "README.txt", (1_600_000_000, 1_600_000_000))
    counts = summary(tree, "--output", tmp_path / "a.ndjson", "--since", "2021-01-01", status=1)
    assert (counts["rows"], counts["older"], counts["not_dicom"]) == (23, 2, 0)
    assert summary(tree / "s2", "--output", tmp_path / "b.ndjson", "--since", "2h")["rows"] == 8
    assert summary(tree / "s2", "--output", tmp_path / "b.ndjson", "--since", "2099-12-31")["rows"] == 0
    run(tree, "--output", tmp_path / "a.ndjson", "--since", "yesterday", status=2)


@pytest.mark.parametrize("ending", ["\n", "\0"])
def test_lists(tree, tmp_path, ending):
    names = [str(p) for p in sorted((tree / "s1").rglob("*.dcm"))] + [str(tree / "s2")]
    listed = ending.join(names) + ending
    done = run("-", "--output", tmp_path / "a.ndjson", input=listed.encode())
    rows = ndjson(tmp_path / "a.ndjson")
    assert [row["Path"] for row in rows[:8]] == names[:8] and len(rows) == 16
    (tmp_path / "list").write_text(listed)
    run("--from", tmp_path / "list", "--output", tmp_path / "b.ndjson")
    assert (tmp_path / "b.ndjson").read_bytes() == (tmp_path / "a.ndjson").read_bytes()
    assert b"16 rows" in done.stderr
    run("-", "--from", "-", "--output", tmp_path / "a.ndjson", status=2)
    run("--from", tmp_path / "nothing", "--output", tmp_path / "a.ndjson", status=1)


def test_zip(tree, tmp_path):
    with zipfile.ZipFile(tree / "more.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tree / "s1" / "e1" / "1.dcm", "deep/in/it.dcm")
        archive.writestr("note.txt", "no image")
    run(tree / "more.zip", "--output", tmp_path / "a.ndjson")
    row, = ndjson(tmp_path / "a.ndjson")
    assert row["Path"] == f"{tree}/more.zip!/deep/in/it.dcm" and row["PatientID"] == "001"
    for _ in range(2):
        run(tree, "--output", tmp_path / "a.sqlite", "--resume", status=1)
        with sqlite3.connect(tmp_path / "a.sqlite") as db:
            assert db.execute("SELECT count(*) FROM instances").fetchone() == (25,)
            assert db.execute("SELECT count(*) FROM instances WHERE Path LIKE '%more.zip!/deep/in/it.dcm'").fetchone() == (1,)
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    (tree / "more.zip").unlink()
    assert summary(tree, "--output", tmp_path / "a.sqlite", "--resume", status=1)["vanished"] == 1
    with sqlite3.connect(tmp_path / "a.sqlite") as db:
        assert db.execute("SELECT count(*) FROM instances WHERE Path LIKE '%.zip!%'").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM file WHERE archive IS NOT NULL").fetchone() == (0,)


def test_frames(tmp_path):
    source = SAMPLES / "image-us-multiframe.dcm"
    frames = int(pydicom.dcmread(source, stop_before_pixels=True).NumberOfFrames)
    assert frames > 1
    run(source, "--output", tmp_path / "a.csv", "--frames", "--tags", "PatientID")
    table = list(csv.DictReader((tmp_path / "a.csv").open(newline="")))
    assert [row["FrameNumber"] for row in table] == [str(n) for n in range(1, frames + 1)]
    assert len({row["SOPInstanceUID"] for row in table}) == 1 and all(row["PatientID"] for row in table)
    run(SAMPLES, "--output", tmp_path / "a.sqlite", "--frames")
    with sqlite3.connect(tmp_path / "a.sqlite") as db:
        images = db.execute("SELECT count(*) FROM instance").fetchone()[0]
        assert images == len(list(SAMPLES.glob("*.dcm")))
        per = dict(db.execute("SELECT SOPInstanceUID, count(*) FROM frames GROUP BY 1"))
        assert per[table[0]["SOPInstanceUID"]] == frames and len(per) == images
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_threads_and_ring_change_nothing(large, tmp_path):
    for number, options in enumerate([["--jobs", 1], ["--jobs", 3], ["--no-ring", "--jobs", 2]]):
        run(large, "--output", tmp_path / f"{number}.ndjson", *options)
    first = (tmp_path / "0.ndjson").read_bytes()
    assert first.count(b"\n") == 30_000
    assert (tmp_path / "1.ndjson").read_bytes() == first == (tmp_path / "2.ndjson").read_bytes()


# Errors


def test_what_cannot_be_read_is_listed(tree, tmp_path):
    os.mkfifo(tree / "pipe")
    (tree / "loop").symlink_to("loop")
    (tree / "empty.dcm").touch()
    counts = summary(tree, tmp_path / "nowhere", "--output", tmp_path / "a.ndjson", status=1)
    assert counts["errors"] == {"not-dicom": 1, "truncated": 2, "not-regular": 1, "loop": 1, "missing": 1}
    assert counts["errors_file"] == str(tmp_path / "a.errors.csv")
    table = list(csv.DictReader((tmp_path / "a.errors.csv").open(newline="")))
    assert len(table) == 6
    places = {row["path"]: row["offset"] for row in table if row["reason"] == "truncated"}
    assert places.keys() == {str(tree / "broken.dcm"), str(tree / "empty.dcm")}
    assert int(places[str(tree / "broken.dcm")]) > 132 and places[str(tree / "empty.dcm")] == "0"
    # The next run finds nothing wrong: no errors file is left behind.
    run(tree / "s1", "--output", tmp_path / "a.ndjson")
    assert not (tmp_path / "a.errors.csv").exists()
    run(tree, "--output", tmp_path / "a.ndjson", "--errors", tmp_path / "mine.csv", status=1)
    assert (tmp_path / "mine.csv").exists() and not (tmp_path / "a.errors.csv").exists()


def test_errors_on_standard_error(tree):
    done = run(tree, "--output", "-", status=1)
    assert len(done.stdout.splitlines()) == 24
    said = done.stderr.decode()
    assert f"{tree}/broken.dcm: byte " in said and "truncated" in said and "README" not in said
    assert not [p for p in pathlib.Path("/tmp").glob("hilum-index-*") if p.stat().st_size and time.time() - p.stat().st_mtime < 5]


def test_only_files_that_are_no_dicom(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    counts = summary(tmp_path / "notes.txt", "--output", tmp_path / "a.csv")
    assert (counts["rows"], counts["not_dicom"]) == (0, 1)


def test_a_full_disk_is_told(large):
    done = subprocess.run(
        [BIN / "hilum", "index", large, "--output", "/dev/full", "--form", "csv", "--errors", "/dev/null"],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 3 and "No space left" in done.stderr
    assert pathlib.Path("/dev/null").exists() and pathlib.Path("/dev/full").exists()


# Again


def opened(trace, folder):
    return [line for line in trace.read_text().splitlines() if "open" in line and folder in line and ".dcm" in line]


@pytest.mark.parametrize("form", ["ndjson", "csv", "sqlite"])
def test_a_second_run_opens_no_image(tree, tmp_path, form):
    out = tmp_path / f"a.{form}"
    run(tree, "--output", out, "--resume", status=1)
    before = out.read_bytes()
    trace = tmp_path / "trace"
    # Without the ring, so that every opening is a system call that strace sees.
    done = subprocess.run(
        ["strace", "-f", "-o", str(trace), "-e", "trace=open,openat,openat2", BIN / "hilum", "index", tree, "--output", out,
         "--resume", "--no-ring", "--format", "json"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    counts = json.loads(done.stdout)
    assert (counts["unchanged"], counts["new"], counts["changed"], counts["vanished"]) == (26, 0, 0, 0)
    assert counts["instances"] == {"CT": 24} and counts["studies"] == 3 and counts["series"] == 6
    assert counts["errors"] == {"not-dicom": 1, "truncated": 1}
    assert not [line for line in trace.read_text().splitlines() if ".dcm" in line or "README" in line]
    if form != "sqlite":
        assert out.read_bytes() == before
    assert len(list(csv.reader((tmp_path / "a.errors.csv").open()))) == 3


@pytest.mark.parametrize("form", ["ndjson", "tsv", "sqlite"])
def test_new_changed_and_vanished_are_told_apart(tree, tmp_path, form):
    out = tmp_path / f"a.{form}"
    run(tree, "--output", out, "--resume", status=1)
    image(tree / "s4" / "new.dcm", 1, 4)
    image(tree / "s1" / "e1" / "0.dcm", 77, 1, 1)
    shutil.rmtree(tree / "s3")
    (tree / "broken.dcm").unlink()
    counts = summary(tree, "--output", out, "--resume")
    assert (counts["new"], counts["changed"], counts["vanished"], counts["unchanged"]) == (1, 1, 9, 16)
    assert (counts["rows"], counts["studies"]) == (17, 3)
    run(tree, "--output", tmp_path / "fresh.ndjson")
    fresh = {row["Path"]: row["InstanceNumber"] for row in ndjson(tmp_path / "fresh.ndjson")}
    assert fresh[str(tree / "s1" / "e1" / "0.dcm")] == "77"
    if form == "ndjson":
        assert ndjson(out) == ndjson(tmp_path / "fresh.ndjson")
    elif form == "sqlite":
        with sqlite3.connect(out) as db:
            assert dict(db.execute("SELECT Path, CAST(InstanceNumber AS TEXT) FROM instances")) == fresh
            assert db.execute("SELECT count(*) FROM study").fetchone() == (3,)
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_other_columns_are_read_again_and_said_so(tree, tmp_path):
    for form in ("ndjson", "sqlite"):
        out = tmp_path / f"a.{form}"
        for _ in range(2):
            assert summary(tree / "s1", "--output", out, "--resume")["restart"] is None
        counts = summary(tree / "s1", "--output", out, "--resume", "--tags", "ProtocolName")
        assert "columns" in counts["restart"] and counts["read"] == 8
    # A database keeps its columns.
    summary(tree / "s1", "--output", tmp_path / "a.sqlite", "--resume")
    with sqlite3.connect(tmp_path / "a.sqlite") as db:
        assert "ProtocolName" in [c[0] for c in db.execute("SELECT * FROM instances").description]


def test_a_database_is_added_to(tree, tmp_path):
    out = tmp_path / "a.sqlite"
    for folder in ("s1", "s2", "s1"):
        run(tree / folder, "--output", out)
    with sqlite3.connect(out) as db:
        assert db.execute("SELECT count(*) FROM instance").fetchone() == (16,)
        assert db.execute("SELECT count(*) FROM index_run WHERE ended IS NOT NULL").fetchone() == (3,)
    # Only s2 is looked at: what lies in s1 stays, unless it is no more.
    (tree / "s1" / "e1" / "0.dcm").unlink()
    run(tree / "s2", "--output", out, "--resume")
    with sqlite3.connect(out) as db:
        assert db.execute("SELECT count(*) FROM instance").fetchone() == (15,)


# Signals, pipes, terminals


def begin(*arguments, **options):
    return subprocess.Popen([BIN / "hilum", "index", *map(str, arguments)], stderr=subprocess.PIPE, **options)


@pytest.mark.parametrize("form", ["ndjson", "csv", "sqlite"])
def test_ctrl_c_leaves_whole_rows_and_the_next_run_completes(large, tmp_path, form):
    out, list_ = tmp_path / f"a.{form}", tmp_path / "list"
    os.mkfifo(list_)
    names = sorted(str(p) for p in large.rglob("*.dcm"))
    process = begin("--from", list_, "--output", out, "--resume")
    # The list stays open in the middle: the run is there to be stopped whatever the speed.
    with list_.open("w") as pipe:
        pipe.write("\n".join(names[:20_000]) + "\n")
        pipe.flush()
        until(lambda: out.exists() and out.stat().st_size > 100_000, what="rows")
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 130, said
    assert "stopped" in said and "--resume" in said
    if form == "ndjson":
        found = [row["Path"] for row in ndjson(out)]
    elif form == "csv":
        found = [row["Path"] for row in csv.DictReader(out.open(newline=""), strict=True)]
    else:
        with sqlite3.connect(out) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("SELECT interrupted FROM index_run").fetchall() == [(1,)]
            found = [row[0] for row in db.execute("SELECT Path FROM instances")]
    assert 0 < len(found) <= 20_000 and set(found) <= set(names) and len(set(found)) == len(found)
    (tmp_path / "whole").write_text("\n".join(names))
    counts = summary("--from", tmp_path / "whole", "--output", out, "--resume")
    assert counts["unchanged"] + counts["new"] == 30_000 and counts["unchanged"] > 0
    assert counts["rows"] == 30_000 or form == "sqlite"
    if form == "sqlite":
        with sqlite3.connect(out) as db:
            assert db.execute("SELECT count(*) FROM instances").fetchone() == (30_000,)


@pytest.mark.parametrize("form", ["ndjson", "sqlite"])
def test_kill_leaves_whole_rows(large, tmp_path, form):
    out, list_ = tmp_path / f"a.{form}", tmp_path / "list"
    os.mkfifo(list_)
    names = sorted(str(p) for p in large.rglob("*.dcm"))
    process = begin("--from", list_, "--output", out, "--resume")
    with list_.open("w") as pipe:
        pipe.write("\n".join(names[:20_000]) + "\n")
        pipe.flush()
        until(lambda: out.exists() and out.stat().st_size > 1_000_000, what="rows")
        process.kill()
        process.communicate(timeout=60)
    if form == "ndjson":
        text = out.read_text()
        rows = [json.loads(line) for line in text.splitlines()[:-1]]
        assert len(rows) > 100
    else:
        with sqlite3.connect(out) as db:
            assert db.execute("SELECT count(*) FROM instances").fetchone()[0] > 0
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    (tmp_path / "whole").write_text("\n".join(names))
    run("--from", tmp_path / "whole", "--output", out, "--resume")
    if form == "ndjson":
        assert [row["Path"] for row in ndjson(out)] == names
    else:
        with sqlite3.connect(out) as db:
            assert db.execute("SELECT count(*) FROM instances").fetchone() == (30_000,)
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_second_signal_ends_at_once(large, tmp_path):
    list_ = tmp_path / "list"
    os.mkfifo(list_)
    process = begin("--from", list_, "--output", tmp_path / "a.ndjson")
    with list_.open("w") as pipe:
        pipe.write("/nowhere\n")
        pipe.flush()
        until(lambda: (tmp_path / "a.ndjson").exists(), what="the output")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 143


def test_a_closed_pipe_is_no_error(large):
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; '{BIN}/hilum' index '{large}' --output - | head -n 1"],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done
    assert len(done.stdout.splitlines()) == 1 and json.loads(done.stdout)
    assert "error" not in done.stderr


def terminal(arguments, columns):
    """What a terminal of a width is sent."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.environ["COLUMNS"] = str(columns)
        os.environ["TERM"] = "xterm"
        os.execv(BIN / "hilum", ["hilum", "index", *map(str, arguments)])
    import fcntl
    import struct
    import termios
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    text = b""
    while True:
        try:
            piece = os.read(descriptor, 4096)
        except OSError:
            break
        if not piece:
            break
        text += piece
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text.decode()


@pytest.mark.parametrize("columns", [60, 100])
def test_progress_on_a_terminal_only(large, tmp_path, columns):
    status, said = terminal([*[large] * 8, "--output", tmp_path / "a.ndjson", "--jobs", 1], columns)
    assert status == 0
    drawn = [part for part in said.replace("\n", "\r").split("\r") if part.startswith("files ")]
    assert drawn, said
    assert all(len(part) <= columns for part in drawn), drawn
    assert "/s" in said
    done = run(large, "--output", tmp_path / "b.ndjson")
    assert b"\r" not in done.stderr and b"\x1b" not in done.stderr
    assert b"30,000 rows of 30,000 files" in done.stderr
    assert run(large, "--output", tmp_path / "b.ndjson", "--quiet").stderr == b""


def test_memory_is_bounded(large, tmp_path):
    """64 MB, of which the program alone takes 26."""
    for form in ("ndjson", "sqlite"):
        list_ = tmp_path / f"list-{form}"
        os.mkfifo(list_)
        process = begin("--from", list_, "--output", tmp_path / f"a.{form}", "--jobs", 2)
        with list_.open("w") as pipe:
            # How lists end is known after 4 KiB.
            pipe.write(f"{large}\n" * 3 + "\n" * 5000)
            pipe.flush()
            done = "SELECT count(*) FROM instance"
            def rows():
                out = tmp_path / f"a.{form}"
                if form == "ndjson":
                    return out.exists() and out.stat().st_size > 3_000_000
                try:
                    with sqlite3.connect(f"file:{out}?mode=ro", uri=True, timeout=30) as db:
                        return db.execute(done).fetchone()[0] > 10_000
                except sqlite3.OperationalError:
                    return False
            until(rows, timeout=120, what="rows")
            peak = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1])
        process.communicate(timeout=300)
        assert process.returncode == 0
        assert peak < 64 * 1024, f"{form}: {peak} kB"


def test_the_file_of_every_test_set_of_pydicom(tmp_path):
    """Real files of many makers: no crash, and each is a row or an error."""
    files = [p for p in PYDICOM.rglob("*") if p.is_file()]
    done = subprocess.run([BIN / "hilum", "index", PYDICOM, "--output", tmp_path / "a.sqlite", "--format", "json"],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    counts = json.loads(done.stdout)
    assert counts["files"] >= len(files)
    with sqlite3.connect(tmp_path / "a.sqlite") as db:
        assert db.execute("SELECT count(*) FROM instance").fetchone()[0] == counts["rows"] > 100
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
