"""Compares what an index wrote with the manifest of the archive it was made of: every row, every error, nothing twice, nothing
left out."""
import csv
import json
import mmap
import os
import sqlite3

from columns import KEYWORDS

HEAD = ["Path", *KEYWORDS, "Remark"]


def ndjson(path):
    """Rows of a flat NDJSON index. Keys and their order are checked here."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            assert list(row) == HEAD, f"keys of a row: {list(row)}"
            yield row


def undefused(text):
    """A cell of CSV as it was before it was made safe for spreadsheets."""
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@", "\t", "\r", "'") else text


def comma_separated(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file, strict=True)
        assert next(rows) == HEAD, "head of the table"
        for row in rows:
            assert len(row) == len(HEAD), f"cells of a row: {row}"
            yield dict(zip(HEAD, map(undefused, row)))


TSV = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}


def unescaped(text):
    if "\\" not in text:
        return text
    made, place = [], 0
    while place < len(text):
        if text[place] == "\\":
            made.append(TSV[text[place + 1]])
            place += 2
        else:
            made.append(text[place])
            place += 1
    return "".join(made)


def tab_separated(path):
    with open(path, encoding="utf-8", newline="\n") as lines:
        assert next(lines).rstrip("\r\n").split("\t") == HEAD, "head of the table"
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            assert len(cells) == len(HEAD), f"cells of a row: {cells}"
            yield dict(zip(HEAD, map(unescaped, cells)))


def database(path):
    """Rows of the view that is the same table."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        for row in db.execute("SELECT * FROM instances"):
            yield {key: "" if row[key] is None else str(row[key]) for key in HEAD}


READERS = {"ndjson": ndjson, "csv": comma_separated, "tsv": tab_separated, "sqlite": database}


def errors(path):
    """Rows of an errors file; none where there is no file."""
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            yield {key.lower(): value for key, value in row.items()}


class Manifest:
    """What a generator says of an archive; lines are read when they are wanted."""

    def __init__(self, folder, name="manifest.ndjson"):
        self.folder = os.path.join(str(folder), "")
        self.file = open(self.folder + name, "rb")
        self.map = mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ)
        self.places = {}
        place = 0
        for line in iter(self.map.readline, b""):
            end = line.index(b'"', 9) if b"\\" not in line[:400] else -1
            path = line[9:end].decode() if line.startswith(b'{"path":"') and end > 0 else json.loads(line)["path"]
            self.places[path] = place
            place += len(line)

    def __getitem__(self, path):
        self.map.seek(self.places[path])
        return json.loads(self.map.readline())

    def below(self, top):
        """Paths in a folder of the archive."""
        return {path for path in self.places if path.startswith(top)}


def plain(reason):
    """A reason without its spelling: `not-dicom` is `notDICOM`."""
    return reason.replace("-", "").replace("_", "").lower()


def compare(manifest, rows, faults, top="archive", prefix=None, numbers_as_stored=False):
    """What is not as it should be, in words. `top`: the folder that was indexed; `prefix`: how it was named."""
    prefix = manifest.folder if prefix is None else prefix
    left = manifest.below(top)
    problems = []

    def known(path, what):
        # A path may be whole or as it was named.
        name = path.removeprefix(prefix).removeprefix(manifest.folder)
        if name not in manifest.places:
            problems.append(f"{what} of a path that is not in the archive: {path[-200:]!r}")
        elif name not in left:
            problems.append(f"{what} of a path that had its row or its error already, or was not asked for: {name[-200:]!r}")
        else:
            left.discard(name)
            return name, manifest[name]
        return None, None

    for row in rows:
        name, expected = known(row["Path"], "row")
        if not name:
            continue
        if "row" not in expected:
            problems.append(f"{name[-120:]} ({expected['kind']}): a row where an error was due ({expected['errors']})")
            continue
        for keyword, value in expected["row"].items():
            if row[keyword] != value and not (numbers_as_stored and same_number(row[keyword], value)):
                problems.append(f"{name[-120:]} ({expected['kind']}): {keyword} is {row[keyword][:120]!r}, not {value[:120]!r}")
        remark = expected.get("remark")
        if remark is not None and remark != bool(row["Remark"]):
            problems.append(f"{name[-120:]} ({expected['kind']}): remark is {row['Remark']!r}, {'one' if remark else 'none'} was due")
    for fault in faults:
        name, expected = known(fault["path"], "error")
        if not name:
            continue
        due = [plain(reason) for reason in expected.get("errors", [])]
        reason = plain(fault["reason"])
        if not due:
            problems.append(f"{name[-120:]} ({expected['kind']}): error {fault['reason']} where a row was due: {fault}")
        elif not any(reason == d or d == "zip" and reason.startswith("zip") for d in due):
            problems.append(f"{name[-120:]} ({expected['kind']}): error {fault['reason']}, not one of {expected['errors']}: {fault}")
    problems += [f"{name[-120:]} ({manifest[name]['kind']}): neither row nor error" for name in sorted(left)]
    return problems


def same_number(one, other):
    """True where a database keeps a number as a number."""
    try:
        return float(one) == float(other)
    except ValueError:
        return False
