"""Files that are not as they should be, one kind each, with what an index must say about them.

`row`: the cells that must come out; `errors`: reasons of which one may stand in the errors file instead (with `row`: either is
right); `remark`: True where the row must say that something was not as declared, False where it must not, None where both
may be.
"""
import zlib
from typing import NamedTuple

from columns import BY_TAG
from ct import CT_IMAGE, DEFINED, UNDEFINED, decoys, row, uid
from elements import (BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, UNDEFINED as NO_LENGTH, Element, Encoder, Items, Syntax, deflate,
                      meta)
from texts import BY_NAME, Charset, plain

MEGABYTE = 1 << 20
PIXELS = 0x7FE00010
BAD_LENGTH = ("truncated", "length", "structure")


class Trap(NamedTuple):
    """A file: its bytes, with `hole` zeros put in at `hole_at`."""

    kind: str
    data: bytes
    row: dict | None = None
    errors: tuple = ()
    remark: bool | None = False
    hole_at: int = 0
    hole: int = 0


def changed(elements, *replaced, without=()):
    """Elements with others in place of, or beside, those of the same tags; in order."""
    tags = {element[0] for element in replaced} | set(without)
    return sorted([e for e in elements if e[0] not in tags] + list(replaced), key=lambda e: e[0])


def moved(elements, tag, before):
    """Elements with one at another place."""
    it = next(e for e in elements if e[0] == tag)
    rest = [e for e in elements if e[0] != tag]
    place = next(n for n, e in enumerate(rest) if e[0] >= before)
    return rest[:place] + [it] + rest[place:]


class Traps:
    """All kinds made of one CT image: `elements` of its data set, without slots."""

    def __init__(self, rng, elements, sop_uid, charset, pixels):
        self.rng = rng
        self.elements = elements
        self.uid = sop_uid
        self.charset = charset
        self.pixels = (PIXELS, "OW", pixels)

    def body(self, elements, syntax=EXPLICIT, charset=None, pixels=True):
        return Encoder(syntax, charset or self.charset).elements([*elements, self.pixels] if pixels else elements)

    def file(self, elements, syntax=EXPLICIT, charset=None, **meta_options):
        return meta(syntax, CT_IMAGE, self.uid, **meta_options) + self.body(elements, syntax, charset)

    def row(self, elements=None, syntax=EXPLICIT, **cells):
        return row(self.elements if elements is None else elements, syntax) | cells

    def head_of(self, tag, syntax=EXPLICIT):
        """Bytes of the file before an element."""
        before = [e for e in self.elements if e[0] < tag]
        return len(meta(syntax, CT_IMAGE, self.uid)) + len(self.body(before, syntax, pixels=False))

    def all(self):
        yield from self.no_dicom()
        yield from self.cut_off()
        yield from self.without_part_10()
        yield from self.wrong_meta()
        yield from self.order()
        yield from self.character_sets()
        yield from self.representations()
        yield from self.long_headers()
        yield from self.lengths()
        yield from self.syntaxes()
        yield from self.values()

    def no_dicom(self):
        yield Trap("empty", b"", errors=("notDICOM", "truncated"))
        yield Trap("text", b"Patient: nobody\nThis is a note, not an image.\n" * 40, errors=("notDICOM",))
        yield Trap("short-text", b"x", errors=("notDICOM", "truncated"))
        yield Trap("picture", b"\x89PNG\r\n\x1a\n" + self.rng.randbytes(3000), errors=("notDICOM",))
        yield Trap("zeros", bytes(5000), errors=("notDICOM",))
        yield Trap("preamble-only", bytes(128) + b"DICM", errors=("notDICOM", "truncated", "metaInformation"))

    def cut_off(self):
        whole = self.file(self.elements)
        yield Trap("truncated-meta", whole[:200], errors=("truncated", "metaInformation"))
        for n, tag in enumerate((0x00080018, 0x00100020, 0x00181000, 0x00200032, 0x00280010)):
            # In the middle of a value that is wanted.
            place = self.head_of(tag) + 9 + n % 2
            yield Trap("truncated-header", whole[:place], errors=("truncated",))
        tag = next(e[0] for e in self.elements if e[0] > 0x00280101)
        end = self.head_of(tag)
        yield Trap("truncated-behind", whole[:end + 5], self.row(), remark=None)
        yield Trap("truncated-pixels", whole[:-len(self.pixels[2]) // 2], self.row())
        # A data set that ends between elements is whole: what does not come is absent.
        cut = [e for e in self.elements if e[0] < 0x00200000]
        yield Trap("no-image", meta(EXPLICIT, CT_IMAGE, self.uid) + self.body(cut, pixels=False), self.row(cut))
        yield Trap("no-elements", meta(EXPLICIT, CT_IMAGE, self.uid), self.row([]), errors=("truncated", "notDICOM"), remark=None)

    def without_part_10(self):
        bare = self.row(TransferSyntaxUID="")
        yield Trap("bare-implicit", self.body(self.elements, IMPLICIT), bare, remark=True)
        yield Trap("bare-explicit", self.body(self.elements), bare, remark=True)
        whole = self.file(self.elements)
        yield Trap("no-preamble", whole[132:], self.row(), remark=None)
        yield Trap("no-preamble-dicm", whole[128:], self.row(), errors=("notDICOM",), remark=None)

    def wrong_meta(self):
        for length in (0, 10, 9999, 0xFFFFFFFF):
            yield Trap("meta-length", self.file(self.elements, length=length), self.row(), remark=None)
        whole = self.file(self.elements)
        yield Trap("no-meta-length", whole[:132] + whole[144:], self.row(), remark=None)
        yield Trap("preamble-not-zero", self.file(self.elements, preamble=self.rng.randbytes(128)), self.row())
        # Transfer Syntax UID missing: implicit and explicit little endian are told apart by the bytes.
        no_syntax = meta(Syntax(""), CT_IMAGE, self.uid)
        for syntax in (IMPLICIT, EXPLICIT):
            yield Trap("no-syntax", no_syntax + self.body(self.elements, syntax), self.row(TransferSyntaxUID=""), remark=None)
        unknown = Syntax("1.2.840.10008.1.2.4.999")
        yield Trap("unknown-syntax", meta(unknown, CT_IMAGE, self.uid) + self.body(self.elements), self.row(syntax=unknown), remark=None)
        yield Trap("syntax-says-explicit", meta(EXPLICIT, CT_IMAGE, self.uid) + self.body(self.elements, IMPLICIT),
                   self.row(), remark=None)
        yield Trap("syntax-says-implicit", meta(IMPLICIT, CT_IMAGE, self.uid) + self.body(self.elements),
                   self.row(syntax=IMPLICIT), remark=None)

    def order(self):
        for tag, before in ((0x00100010, 0x00200000), (0x00080050, 0x00100020), (0x00280010, 0x00080020), (0x00200011, 0x00280100)):
            made = moved(self.elements, tag, before)
            yield Trap("order", self.file(made), self.row(made), remark=None)
        late = changed(self.elements, (0x00400244, "DA", "20240101"))
        yield Trap("order-early-end", self.file(moved(late, 0x00400244, 0x00080020)), self.row(), remark=None)
        # A second element of the same tag: the first one counts.
        place = next(n for n, e in enumerate(self.elements) if e[0] == 0x00100020) + 1
        twice = self.elements[:place] + [(0x00100020, "LO", "SECOND")] + self.elements[place:]
        yield Trap("twice", self.file(twice), self.row(), remark=None)
        lengths = [(group << 16, "UL", 0) for group in (0x0008, 0x0010, 0x0018, 0x0020, 0x0028)]
        yield Trap("group-lengths", self.file(changed(self.elements, *lengths)), self.row())

    def character_sets(self):
        chinese = {0x00080080: "北京市示例医院", 0x00081030: "胸部平扫加增强", 0x0008103E: "肺窗薄层", 0x00100010: "测试样本"}

        def texts(values, declared):
            made = changed(self.elements, *[(tag, BY_TAG[tag][1], value) for tag, value in values.items()],
                           (0x00080005, "CS", declared or ""))
            return made if declared else changed(made, without=[0x00080005])

        for declared in ("ISO_IR 100", None, "ISO_IR 192"):
            made = texts(chinese, declared)
            yield Trap("undeclared-gbk", self.file(made, charset=Charset("", declared, plain("gb18030"), 0, (), "", "", "")),
                       self.row(made), remark=True)
        for declared in (None, "ISO_IR 100", "GB18030"):
            made = texts(chinese, declared)
            yield Trap("undeclared-utf8", self.file(made, charset=BY_NAME["utf8"]), self.row(made), remark=True)
        # A character set of an item is of that item only (PS3.3 C.12.1.1.2).
        item = [(0x00080005, "CS", "ISO_IR 144"), (0x00100010, "PN", "Inner^Name")]
        made = changed(self.elements, (0x00081110, "SQ", Items([item], UNDEFINED)))
        yield Trap("set-of-item", self.file(made), self.row(made))
        # Western text stays Western.
        western = {0x00080080: "Hôpital de l'Étoile", 0x00100010: "Müßter^Zoë", 0x0008103E: "Schädel"}
        made = texts(western, "ISO_IR 100")
        yield Trap("western", self.file(made, charset=BY_NAME["latin1"]), self.row(made))

    def representations(self):
        as_un = [(tag, "UN", value if isinstance(value, Items) else Encoder(IMPLICIT, self.charset).value(vr, value))
                 if tag >= 0x00100000 and not isinstance(value, Items) or tag == 0x00080050 else (tag, vr, value)
                 for tag, vr, value in self.elements]
        yield Trap("explicit-un", self.file(as_un), self.row(), remark=None)
        made = changed(self.elements, (0x00081140, "UN", decoys(UNDEFINED)), (0x00091060, "UN", decoys(UNDEFINED)))
        yield Trap("un-undefined", self.file(made), self.row())
        # PS3.5 7.1.2: a representation that is not listed has a length of four bytes; `??` of the field has one of two.
        for name, vr, errors in (("unknown-vr", "ZZ", ()), ("question-vr", "??", (*BAD_LENGTH, "valueRepresentation"))):
            made = changed(self.elements, (0x00091077, vr, b"some text"), (0x00111001, vr, b"more of such text"))
            yield Trap(name, self.file(made), self.row(), errors, remark=None)
        text = [(tag, "LO" if tag == 0x00100010 else "SH" if vr in ("DA", "TM") else vr, value) for tag, vr, value in self.elements]
        yield Trap("other-text-vr", self.file(text), self.row(), remark=None)
        many = Items([[(0x00080050, "SH", "DECOY"), (0x00091001, "UN", b"\0" * 6)]] * 3, (True, False))
        made = changed(self.elements, (0x00091061, "SQ", many), (0x000910F0, "SQ", Items([], UNDEFINED)), (0x000910F1, "SQ", Items([])))
        yield Trap("private-sequences", self.file(made), self.row())

    def long_headers(self):
        for shape in (DEFINED, UNDEFINED):
            for count in (150, 2000):
                items = Items([[(0x00081150, "UI", CT_IMAGE), (0x00081155, "UI", uid(5, n)), (0x00080050, "SH", "DECOY")]
                               for n in range(count)], shape)
                for syntax in (EXPLICIT, IMPLICIT):
                    made = changed(self.elements, (0x00081140, "SQ", items))
                    yield Trap("long-sequence", self.file(made, syntax), self.row(made, syntax))
        # Each place of an element's head at the end of the first 8 KiB.
        for back in range(-1, 14):
            tag = self.rng.choice((0x00100010, 0x00100020, 0x00180015, 0x0020000D, 0x00280010, 0x00200037))
            fill = 8192 - back - self.head_of(tag) - 12
            made = changed(self.elements, (0x000900FF, "LO", "HILUM EDGE"), (0x0009FF01, "OB", b"\1" * (fill - 18 & ~1)))
            yield Trap("edge", self.file(made), self.row(made))
        at = self.head_of(0x000900FE)
        made = changed(self.elements, (0x000900FE, "OB", b"", 30 * MEGABYTE))
        yield Trap("huge-private", self.file(made), self.row(), hole_at=at + 12, hole=30 * MEGABYTE)
        far = changed(self.elements, (0x000900FE, "OB", b"", 3000 * MEGABYTE))
        yield Trap("far-away", self.file(far), self.row(), errors=("length", "truncated"), remark=None, hole_at=at + 12, hole=3000 * MEGABYTE)
        made = changed(self.elements, (0x00104000, "LT", "comment " * 1200))
        yield Trap("long-text", self.file(made), self.row())
        for depth, errors in ((15, ()), (5000, ("nesting",))):
            data = b""
            for _ in range(depth):
                data = (Encoder(EXPLICIT, None).head(0x00081140, "SQ", NO_LENGTH) + Encoder(EXPLICIT, None).head(0xFFFEE000, "", NO_LENGTH)
                        + data + Encoder(EXPLICIT, None).head(0xFFFEE00D, "", 0) + Encoder(EXPLICIT, None).head(0xFFFEE0DD, "", 0))
            at = self.head_of(0x00081140)
            whole = self.file(changed(self.elements, without=[0x00081140]))
            yield Trap("deep", whole[:at] + data + whole[at:], self.row(), errors, remark=None)

    def lengths(self):
        huge = changed(self.elements, Element(0x000910AA, "OB", b"abcd", 0xFFFFFFF0))
        yield Trap("endless-value", self.file(huge), errors=BAD_LENGTH)
        huge = changed(self.elements, Element(0x00081030, "LO", "text", 0xFFFE))
        yield Trap("long-claim", self.file(huge), errors=BAD_LENGTH)
        at = self.head_of(0x00081140)
        whole = self.file(changed(self.elements, without=[0x00081140]))
        head = Encoder(EXPLICIT, None).head
        for name, data in (
            ("endless-sequence", head(0x00081140, "SQ", NO_LENGTH) + head(0xFFFEE000, "", NO_LENGTH)),
            ("endless-items", head(0x00081140, "SQ", NO_LENGTH) + head(0xFFFEE000, "", 0xFFFFFFF0)),
        ):
            yield Trap(name, whole[:at] + data + whole[at:], errors=BAD_LENGTH + ("order",))
        # An item that is longer than its sequence.
        data = head(0x00081140, "SQ", 16) + head(0xFFFEE000, "", 4000) + bytes(8)
        yield Trap("item-too-long", whole[:at] + data + whole[at:], self.row(changed(self.elements, without=[0x00081140])), BAD_LENGTH, remark=None)
        stray = head(0xFFFEE00D, "", 0)
        yield Trap("stray-delimiter", whole[:at] + stray + whole[at:], self.row(changed(self.elements, without=[0x00081140])), BAD_LENGTH, remark=None)

    def syntaxes(self):
        for syntax in (BIG_ENDIAN, IMPLICIT):
            yield Trap("syntax", self.file(self.elements, syntax), self.row(syntax=syntax))
        head = meta(DEFLATED, CT_IMAGE, self.uid)
        body = self.body(self.elements)
        yield Trap("deflated", head + deflate(body), self.row(syntax=DEFLATED))
        yield Trap("deflate-zlib", head + zlib.compress(body), self.row(syntax=DEFLATED), errors=("deflate",), remark=None)
        yield Trap("deflate-broken", head + b"\xff" * 500, errors=("deflate",))
        yield Trap("deflate-cut", head + deflate(body)[:300], errors=("deflate", "truncated"))
        bomb = self.body(changed(self.elements, (0x000910BB, "OB", bytes(300 * MEGABYTE))))
        yield Trap("deflate-bomb", head + deflate(bomb), self.row(syntax=DEFLATED), ("deflate", "length"), remark=None)

    def values(self):
        made = changed(
            self.elements, (0x00080050, "SH", " A 1 "), (0x00100010, "PN", "Trail^Ing^^^ "), (0x00100020, "LO", b" 007\0\0\0"),
            (0x00200011, "IS", "  12 "), (0x00200032, "DS", " 1.5 \\ -2.50\\+3e2"), (0x00280008, "IS", " 1 "), (0x00081030, "LO", "   "),
            (0x00181020, "LO", "a\\\\b \\"))
        yield Trap("blanks", self.file(made), self.row(made, PatientID="007", AccessionNumber="A 1", SoftwareVersions="a\\\\b\\"), remark=None)
        for text in ("=SUM(A1:A9)", "+1 mm", "-contrast", "@home", "quoted \"text\", and comma", "'single", "-1.5", "<b>&amp;</b>", "semi;colon"):
            made = changed(self.elements, (0x0008103E, "LO", text))
            yield Trap("formula", self.file(made), self.row(made))
        made = changed(self.elements, (0x0008103E, "LO", b"tab\there\r\nline\x01\x7f"))
        yield Trap("control", self.file(made), self.row(made, SeriesDescription="tab\there\r\nline\x01\x7f"), remark=None)
        # Values of odd length, not padded.
        odd = b"".join(Encoder(EXPLICIT, None).head(tag, vr, len(data)) + data
                       for tag, vr, data in ((0x00100010, "PN", b"Odd^Len"), (0x00100020, "LO", b"ODD"), (0x00100030, "DA", b"19700101")))
        kept = changed(self.elements, without=(0x00100010, 0x00100020, 0x00100030))
        at = len(meta(EXPLICIT, CT_IMAGE, self.uid)) + len(self.body([e for e in kept if e[0] < 0x00100000], pixels=False))
        whole = self.file(kept)
        yield Trap("odd-length", whole[:at] + odd + whole[at:],
                   self.row(PatientName="Odd^Len", PatientID="ODD", PatientBirthDate="19700101"), remark=None)
        directory = Items([[(0x00041400, "UL", 0), (0x00041430, "CS", "PATIENT"), (0x00100010, "PN", "Decoy^Record"), (0x00100020, "LO", "DECOY")],
                           [(0x00041430, "CS", "STUDY"), (0x0020000D, "UI", uid(3)), (0x00080050, "SH", "DECOY")]])
        records = [(0x00041130, "CS", "HILUM"), (0x00041200, "UL", 0), (0x00041202, "UL", 0), (0x00041212, "US", 0), (0x00041220, "SQ", directory)]
        yield Trap("dicomdir", meta(EXPLICIT, "1.2.840.10008.1.3.10", uid(4)) + self.body(records, pixels=False), self.row(records), remark=None)
        numbers = changed(self.elements, (0x00280010, "US", b""), (0x00280011, "US", [48, 48]))
        yield Trap("numbers", self.file(numbers), self.row(numbers, Rows="", Columns="48\\48"), remark=None)


