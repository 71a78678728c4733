"""Two DICOM JSON objects (PS3.18 annex F) side by side: ours and pydicom's of the same file."""
import math
import struct

BINARY = {"OB", "OW", "OF", "OD", "OL", "OV", "UN"}
NUMBERS = {"DS", "IS", "FD", "FL", "US", "SS", "UL", "SL", "SV", "UV"}
# Specific Character Set is UTF-8 in our answers; data set trailing padding is no value.
LEFT_OUT = {"00080005", "FFFCFFFC"}


def number(value, vr):
    """A value as it would be compared: FL has 24 bits, however many digits are written."""
    if value is None:
        return None
    value = float(value)
    return struct.unpack("<f", struct.pack("<f", value))[0] if vr == "FL" and math.isfinite(value) else value


def text(value):
    return (value.strip(" \0") if isinstance(value, str) else value) or None


def name(value):
    return {k: v.rstrip("^") for k, v in (value or {}).items() if v.rstrip("^")}


def differences(ours, theirs, path=""):
    """What is not the same, as (path, ours, theirs). Values of binary representations are not compared."""
    found = []
    for key in sorted(set(ours) | set(theirs)):
        place = f"{path}/{key}"
        if key in LEFT_OUT or key.endswith("0000"):
            continue
        if key not in ours or key not in theirs:
            found.append((place, str(ours.get(key, "missing"))[:80], str(theirs.get(key, "missing"))[:80]))
            continue
        a, b = ours[key], theirs[key]
        if a["vr"] in BINARY or b["vr"] in BINARY:
            continue
        x, y = a.get("Value", []), b.get("Value", [])
        if a["vr"] != b["vr"] or (a["vr"] == "SQ" and len(x) != len(y)):
            found.append((place, f"{a['vr']} {len(x)}", f"{b['vr']} {len(y)}"))
        elif a["vr"] == "SQ":
            for n, (one, other) in enumerate(zip(x, y)):
                found += differences(one, other, f"{place}/{n + 1}")
        else:
            if a["vr"] in NUMBERS:
                x, y = [number(v, a["vr"]) for v in x], [number(v, a["vr"]) for v in y]
            elif a["vr"] == "PN":
                x, y = [name(v) for v in x], [name(v) for v in y]
            else:
                x, y = [text(v) for v in x], [text(v) for v in y]
            if x != y:
                found.append((place, str(x)[:80], str(y)[:80]))
    return found
