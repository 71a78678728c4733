"""Writes DICOM elements (PS3.5) from Python values: what the generator knows, it writes byte by byte, without a library."""
import struct
import zlib
from typing import NamedTuple

# PS3.5 7.1.2: representations with two reserved bytes and a length of four.
LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
TEXT_OF_SET = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}
NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "AT": "HH", "UV": "Q", "SV": "q"}
UNDEFINED = 0xFFFFFFFF


class Syntax(NamedTuple):
    """A transfer syntax."""

    uid: str
    explicit: bool = True
    little: bool = True
    encapsulated: bool = False
    deflated: bool = False


IMPLICIT = Syntax("1.2.840.10008.1.2", explicit=False)
EXPLICIT = Syntax("1.2.840.10008.1.2.1")
DEFLATED = Syntax("1.2.840.10008.1.2.1.99", deflated=True)
BIG_ENDIAN = Syntax("1.2.840.10008.1.2.2", little=False)
JPEG_LS = Syntax("1.2.840.10008.1.2.4.80", encapsulated=True)


class Items(list):
    """Items of a sequence, each a list of elements. `undefined`: of the sequence's length, of the items' lengths."""

    def __init__(self, items, undefined=(False, False)):
        super().__init__(items)
        self.undefined = undefined


class Element(NamedTuple):
    """An element: a tag as a number, its representation, its value (bytes are written as they stand)."""

    tag: int
    vr: str
    value: object
    # What is written in place of the length of the value.
    claimed: int | None = None


class Encoder:
    """Encodes elements in a transfer syntax; `charset.encode(text, vr)` gives the bytes of a text."""

    def __init__(self, syntax, charset):
        self.syntax = syntax
        self.charset = charset
        self.order = "<" if syntax.little else ">"
        self.implicit = Encoder(IMPLICIT, charset) if syntax.explicit else self

    def tag(self, tag):
        return struct.pack(self.order + "HH", tag >> 16, tag & 0xFFFF)

    def head(self, tag, vr, length):
        if not self.syntax.explicit or tag >> 16 == 0xFFFE:
            return self.tag(tag) + struct.pack(self.order + "I", length)
        if vr in LONG or not vr.isalpha() or vr not in SHORT:
            return self.tag(tag) + vr.encode() + b"\0\0" + struct.pack(self.order + "I", length)
        return self.tag(tag) + vr.encode() + struct.pack(self.order + "H", length)

    def text(self, vr, value):
        data = self.charset.encode(value, vr) if self.charset and vr in TEXT_OF_SET else value.encode("ascii")
        return data + (b"\0" if vr == "UI" else b" ") if len(data) & 1 else data

    def value(self, vr, value):
        if isinstance(value, bytes):
            return value + b"\0" if len(value) & 1 else value
        if isinstance(value, str):
            return self.text(vr, value)
        values = value if isinstance(value, (list, tuple)) else [value]
        if vr == "AT":
            return b"".join(self.tag(v) for v in values)
        return struct.pack(f"{self.order}{len(values)}{NUMBERS[vr]}", *values)

    def sequence(self, items):
        undefined = items.undefined[1]
        made = []
        for item in items:
            data = self.elements(item)
            made.append(self.head(0xFFFEE000, "", UNDEFINED if undefined else len(data)) + data)
            if undefined:
                made.append(self.head(0xFFFEE00D, "", 0))
        return b"".join(made)

    def element(self, element):
        tag, vr, value, claimed = element
        if isinstance(value, Items):
            # PS3.5 6.2.2 note 2: UN of undefined length is a sequence in implicit little endian.
            data = (self.implicit if vr == "UN" else self).sequence(value)
            if value.undefined[0]:
                end = (self.implicit if vr == "UN" else self).head(0xFFFEE0DD, "", 0)
                return self.head(tag, vr, UNDEFINED) + data + end
        else:
            data = self.value(vr, value)
        return self.head(tag, vr, len(data) if claimed is None else claimed) + data

    def elements(self, elements):
        return b"".join(self.element(Element(*element)) for element in elements)


SHORT = {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI",
         "UL", "US", "??"}


def meta(syntax, sop_class, sop_instance, length=None, preamble=b"\0" * 128):
    """Preamble and File Meta Information (PS3.10 7.1); `length`: what is written in place of the group's length."""
    encoder = Encoder(EXPLICIT, None)
    body = encoder.elements([
        (0x00020001, "OB", b"\0\1"),
        (0x00020002, "UI", sop_class),
        (0x00020003, "UI", sop_instance),
        (0x00020010, "UI", syntax.uid),
        (0x00020012, "UI", "2.25.122448172113530.9"),
        (0x00020013, "SH", "HILUM_INDEX"),
    ])
    group = encoder.element(Element(0x00020000, "UL", len(body) if length is None else length))
    return preamble + b"DICM" + group + body


def deflate(data):
    """A deflated data set (PS3.5 A.5)."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    return packed + b"\0" if len(packed) & 1 else packed
