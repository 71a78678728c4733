"""`hilum index` on a generated archive with every trap: each row and each error as the generator knows it, the same cells in every
form, the same bytes by every way of reading. And on thousands of mutated files: nothing stops it."""
import json
import random
import zipfile

import pytest
from support.index_runs import check, index

import ct  # of the generator, beside support.index_runs
import multiframe
from columns import COLUMNS
from generate import Archive

FILES = 2000
MUTATIONS = 5000


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    Archive(folder / "a", FILES, seed=7, rows=24).write()
    return folder / "a"


@pytest.fixture(scope="module")
def manifest(archive):
    return check.Manifest(archive)


@pytest.fixture(scope="module")
def plain(archive):
    """The usual files by one thread."""
    return index("archive", to=archive.parent / "plain.ndjson", options=["--jobs", 1], cwd=archive, status=(0,))


def said(problems):
    return f"{len(problems)} problems:\n" + "\n".join(problems[:60])


def test_every_row_is_what_the_generator_knows(plain, manifest):
    problems = check.compare(manifest, plain.rows(), plain.faults(), "archive/", prefix="")
    assert not problems, said(problems)


def test_every_trap_is_a_row_or_an_error_as_it_should_be(archive, manifest):
    done = index("traps", to=archive.parent / "traps.ndjson", cwd=archive, status=(1,))
    problems = check.compare(manifest, done.rows(), done.faults(), "traps/", prefix="")
    assert not problems, said(problems)


# Control characters have no place in a table; line feed, carriage return and tab have.
CONTROL = {n: "\ufffd" for n in [*range(9), 11, 12, *range(14, 32), 127]}


def different_cells(path, row, found, form):
    """Cells of a form that are not those of the NDJSON."""
    wrong = []
    for key, value in row.items():
        due = value.translate(CONTROL) if form in ("csv", "tsv") else value
        if found[key] != due and not (form == "sqlite" and check.same_number(found[key], due)):
            wrong.append(f"{path[-100:]} {key}: {found[key]!r}, not {due!r}")
    return wrong


@pytest.mark.parametrize("form", ["csv", "tsv", "sqlite"])
@pytest.mark.parametrize("top", ["archive", "traps"])
def test_all_forms_have_the_same_cells(archive, form, top):
    first = index(top, to=archive.parent / f"first-{top}-{form}.ndjson", cwd=archive)
    other = index(top, to=archive.parent / f"{top}.{form}", cwd=archive)
    theirs, wrong = other.by_path(), []
    for path, row in first.by_path().items():
        found = theirs.pop(path, None)
        if found is None:
            wrong.append(f"{path[-100:]}: no row")
        elif found != row:
            wrong += different_cells(path, row, found, form)
    assert not wrong and not theirs, said(wrong + list(theirs))
    assert first.faults() == other.faults()


def test_the_dicom_json_has_the_same_values(archive, plain):
    """PS3.18 F.2: names in three groups, numbers as numbers, empty ones without Value."""
    out = archive.parent / "model.ndjson"
    index("archive", to=out, options=["--form", "dicom-json", "--jobs", 1], cwd=archive, status=(0,))
    rows = plain.rows()
    with open(out, encoding="utf-8") as lines:
        objects = [json.loads(line) for line in lines]
    assert len(objects) == len(rows)
    wrong = []
    for row, made in zip(rows, objects):
        for keyword, group, element, vr in COLUMNS:
            if keyword == "SpecificCharacterSet" or group == 2:
                continue
            there = made.get(f"{group:04X}{element:04X}")
            values = (there or {}).get("Value", [])
            texts = row[keyword].split("\\") if row[keyword] else []
            if there and there["vr"] != vr:
                wrong.append(f"{row['Path']} {keyword}: vr {there['vr']}")
            elif vr == "PN":
                joined = ["=".join((v or {}).get(g, "") for g in ("Alphabetic", "Ideographic", "Phonetic")).rstrip("=") for v in values]
                if joined != [t.rstrip("=") for t in texts]:
                    wrong.append(f"{row['Path']} {keyword}: {values} for {texts}")
            elif vr in ("IS", "DS", "US"):
                if any(isinstance(v, str) for v in values) or [float(v) for v in values] != [float(t) for t in texts]:
                    wrong.append(f"{row['Path']} {keyword}: {values} for {texts}")
            elif [v or "" for v in values] != texts:
                wrong.append(f"{row['Path']} {keyword}: {values} for {texts}")
    assert not wrong, said(wrong)


@pytest.mark.parametrize("options", [["--jobs", 1, "--no-ring"], ["--jobs", 2], ["--jobs", 3], ["--jobs", 2, "--no-ring"], ["--jobs", 16]], ids=str)
@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_however_it_is_read_the_bytes_are_the_same(archive, options, form):
    for top in ("archive", "traps"):
        first = index(top, to=archive.parent / f"one-{top}.{form}", options=["--jobs", 1], cwd=archive)
        other = index(top, to=archive.parent / f"other-{top}.{form}", options=options, cwd=archive)
        assert first.path.read_bytes() == other.path.read_bytes()
        assert first.faults() == other.faults()


def test_a_list_gives_the_rows_of_the_walk(archive, plain):
    paths = [row["Path"] for row in plain.rows()]
    listed = index("-", to=archive.parent / "listed.ndjson", options=["--jobs", 1], cwd=archive, stdin="".join(p + "\n" for p in paths).encode())
    assert listed.path.read_bytes() == plain.path.read_bytes()
    backwards = index("-", to=archive.parent / "backwards.ndjson", cwd=archive, stdin="".join(p + "\0" for p in paths[::-1]).encode())
    assert backwards.path.read_bytes().splitlines() == plain.path.read_bytes().splitlines()[::-1]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_an_archive_in_a_zip_file_gives_the_same_rows(archive, plain, method):
    path = archive.parent / f"whole-{method}.zip"
    rows = plain.by_path()
    with zipfile.ZipFile(path, "w", method) as file:
        for name in rows:
            file.write(archive / name, name)
    found = index(path, to=archive.parent / f"zip-{method}.ndjson", status=(0,)).by_path()
    assert len(found) == len(rows)
    for name, row in rows.items():
        assert found[f"{path}!/{name}"] == row | {"Path": f"{path}!/{name}"}


def test_frames_of_enhanced_images(tmp_path):
    multiframe.write(tmp_path, 4, 130)
    by_instance = index("enhanced", to=tmp_path / "i.ndjson", cwd=tmp_path, status=(0,))
    problems = check.compare(check.Manifest(tmp_path, "enhanced.ndjson"), by_instance.rows(), by_instance.faults(), "enhanced/", prefix="")
    assert not problems, said(problems)
    index("enhanced", to=tmp_path / "f.ndjson", options=["--frames"], cwd=tmp_path, status=(0,))
    with open(tmp_path / "f.ndjson", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    assert len(rows) == 4 * 130
    wrong, seen = [], set()
    for row in rows:
        number = int(row["FrameNumber"])
        seen.add((row["Path"], number))
        instance = ct.uid(7, 100000 + int(row["Path"][-8:-4]))
        for key, value in multiframe.frame_row(instance, number).items():
            if row[key] != value and not all(map(check.same_number, row[key].split("\\"), value.split("\\"))):
                wrong.append(f"{row['Path']} frame {number} {key}: {row[key]!r}, not {value!r}")
    assert not wrong, said(wrong)
    assert len(seen) == len(rows)


def mutated(rng, bases):
    """A file that is not quite one of the bases: bytes, lengths, tags, pieces changed, taken out, put in, cut off."""
    data = bytearray(rng.choice(bases))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        place = rng.randrange(len(data)) if data else 0
        kind = rng.randrange(9)
        if kind == 0:
            data[place:place + 1] = rng.randbytes(1)
        elif kind == 1:
            data[place:place + 4] = rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\xfe\xff\xff\xff"))
        elif kind == 2:
            data[place:place + 2] = rng.choice((b"SQ", b"UN", b"OB", b"PN", b"ZZ", b"\0\0", b"UT", b"??", b"US"))
        elif kind == 3:
            del data[place:place + rng.choice((1, 2, 8, 500))]
        elif kind == 4:
            data[place:place] = rng.randbytes(rng.choice((1, 2, 8, 500)))
        elif kind == 5:
            data[place:place] = rng.choice((b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0")) + b"\xff" * 4
        elif kind == 6:
            del data[place:]
        elif kind == 7:
            other = rng.choice(bases)
            data[place:place] = other[rng.randrange(len(other) + 1):][:rng.randrange(3000)]
        else:
            # The beginning of an element of the base, once more.
            data[place:place] = data[132:132 + rng.randrange(800)]
    return bytes(data)


@pytest.fixture(scope="module")
def mutants(archive, manifest, tmp_path_factory):
    rng = random.Random(20260318)
    paths = sorted(manifest.places)
    usual = [p for p in paths if p.startswith("archive/")][::60]
    traps = [p for p in paths if p.startswith("traps/") and "!" not in p and len(p) < 200 and (archive / p).is_file() and (archive / p).stat().st_size < 300_000]
    bases = [(archive / p).read_bytes() for p in usual + traps]
    bases = [b for b in bases if b]
    folder = tmp_path_factory.mktemp("mutants")
    for number in range(MUTATIONS):
        (folder / f"{number:05d}").write_bytes(mutated(rng, bases))
    return folder


def test_thousands_of_mutated_files_stop_nothing(mutants):
    done = index(".", to=mutants.parent / "mutants.ndjson", options=["--jobs", 1], cwd=mutants, timeout=300)
    rows, faults = done.by_path(), done.faults()
    failed = [fault["path"] for fault in faults]
    assert len(set(failed)) == len(failed), "a file has two errors"
    assert not set(failed) & set(rows), "a file has a row and an error"
    assert len(rows) + len(failed) == MUTATIONS
    assert len(rows) > MUTATIONS // 4 and len(failed) > MUTATIONS // 20, (len(rows), len(failed))
    assert done.path.read_bytes().isascii() or done.path.read_text(encoding="utf-8")
    for options in (["--no-ring", "--jobs", 1], ["--jobs", 2]):
        other = index(".", to=mutants.parent / "again.ndjson", options=options, cwd=mutants, timeout=300)
        assert other.path.read_bytes() == done.path.read_bytes(), options
        assert other.faults() == faults, options


@pytest.mark.parametrize("form", ["csv", "tsv", "sqlite"])
def test_mutated_files_are_the_same_in_every_form(mutants, form):
    first = index(".", to=mutants.parent / "first.ndjson", cwd=mutants, timeout=300).by_path()
    other = index(".", to=mutants.parent / f"form.{form}", cwd=mutants, timeout=300).by_path()
    assert first.keys() == other.keys()
    wrong = [line for path, row in first.items() for line in different_cells(path, row, other[path], form)]
    assert not wrong, said(wrong)


def test_mutated_files_by_frames_and_as_dicom_json(mutants):
    for options in (["--frames"], ["--form", "dicom-json"]):
        done = index(".", to=mutants.parent / "more.ndjson", options=options, cwd=mutants, timeout=300)
        with open(done.path, encoding="utf-8") as lines:
            for line in lines:
                json.loads(line)


def test_mutated_zip_files_stop_nothing(archive, tmp_path):
    rng = random.Random(11)
    bases = [(archive / "traps/0/some.zip").read_bytes()]
    for number in range(500):
        (tmp_path / f"{number:03d}.zip").write_bytes(mutated(rng, bases))
    done = index(tmp_path, to=tmp_path.parent / "zips.ndjson", timeout=300)
    told = {row["Path"].split("!/")[0] for row in done.rows()} | {fault["path"].split("!/")[0] for fault in done.faults()}
    assert told == {str(p) for p in tmp_path.iterdir()}
