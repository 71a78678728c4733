"""What pydicom and DCMTK read of the elements of an index's columns, as text by the rules of the columns: values trimmed one by
one and joined by a backslash, numbers as decimal text, nothing where nothing is."""
import pathlib
import re
import subprocess
import sys
import warnings

import pydicom
from pydicom.multival import MultiValue

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Benchmarks" / "index"))
from columns import COLUMNS, cell  # noqa: E402

WHOLE = {"ST", "LT", "UT", "UR"}
NUMBERS = {"US", "SS", "UL", "SL", "FL", "FD", "SV", "UV"}


def pydicom_text(data, tag):
    """Text of an element of the top level; empty where it is absent."""
    if tag not in data:
        return ""
    raw = data.get_item(tag)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vr = data[tag].VR if not (isinstance(raw.value, bytes) and raw.VR not in (None, "UN", "OB")) else raw.VR
        if vr in ("IS", "DS", "DA", "TM", "DT", "AS", "UI", "CS", "AE") and isinstance(raw.value, bytes):
            # As they stand: pydicom's numbers and dates are no longer text.
            return cell(raw.value.decode("latin-1"))
        value = data[tag].value
    if value is None or isinstance(value, bytes):
        return ""
    if vr == "SQ":
        return str(len(value))
    if vr in WHOLE:
        return str(value).rstrip(" \0")
    values = list(value) if isinstance(value, (MultiValue, list)) else [value]
    return "\\".join(str(v) if vr in NUMBERS else str(v).strip(" \0") for v in values)


def pydicom_cells(path):
    """The forty cells by pydicom; raises what pydicom raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    meta = data.file_meta if getattr(data, "file_meta", None) is not None else pydicom.Dataset()
    return {keyword: pydicom_text(meta if group == 2 else data, group << 16 | element) for keyword, group, element, _ in COLUMNS}


# Of dcmdump: an element of the top level; its value; its length and multiplicity.
LINE = re.compile(r"\(([0-9a-f]{4}),([0-9a-f]{4})\) (\S\S) (.*?)\s+#\s*(?:\d+|u/l)\s*,\s*\d+ \S.*\Z", re.DOTALL)
START = re.compile(r"^(?=\([0-9a-f]{4},[0-9a-f]{4}\) )", re.MULTILINE)


def dump(path, *options):
    run = subprocess.run(["dcmdump", "-q", "-M", "+R", "64", "+L", "-Un", "+uc", *options, path], capture_output=True)
    return run.stdout if run.returncode == 0 else None


def of_dump(text):
    cells = dict.fromkeys((keyword for keyword, *_ in COLUMNS), "")
    tags = {(group, element): keyword for keyword, group, element, _ in COLUMNS}
    seen = set()
    for piece in START.split(text):
        found = LINE.match(piece.split("\n(")[0].rstrip("\n")) or LINE.match(piece.split("\n")[0])
        if not found:
            continue
        tag = int(found[1], 16), int(found[2], 16)
        if tag in tags and tag not in seen:
            seen.add(tag)
            value = found[4]
            if value.startswith("[") and value.endswith("]"):
                cells[tags[tag]] = cell(value[1:-1])
            elif not value.startswith("("):
                cells[tags[tag]] = cell(value)
    return cells


def dcmtk_cells(path):
    """The forty cells by dcmdump, and whether it read all text (it knows no code extensions); None: it does not read the file."""
    plain = dump(path)
    if plain is None:
        return None, False
    as_stored = of_dump(plain.decode("latin-1"))
    converted = dump(path, "+U8")
    if converted is None:
        return as_stored, False
    # What is declared in the file, not what dcmdump writes there after it has converted.
    return of_dump(converted.decode("utf-8", "replace")) | {"SpecificCharacterSet": as_stored["SpecificCharacterSet"]}, True
