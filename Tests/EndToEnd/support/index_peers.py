"""What pydicom and DCMTK read of the elements of an index's columns, as text by the rules of the columns: values trimmed one by
one and joined by a backslash, numbers as decimal text, nothing where nothing is."""
import json
import pathlib
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
