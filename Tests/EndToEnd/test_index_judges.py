"""`hilum index` against pydicom and DCMTK: the forty columns of every file in pydicom's package and in our samples, and every
character set. Where they differ, the standard decides, and the table says how."""
import pathlib

import pydicom
import pytest
from support.dicom import SAMPLES
from support.index_peers import COLUMNS, dcmtk_cells, pydicom_cells
from support.index_runs import check, index

from elements import EXPLICIT, Encoder, meta  # of the generator, beside support.index_peers

PACKAGE = pathlib.Path(pydicom.__file__).parent / "data"
FILES = sorted(file for file in [*PACKAGE.rglob("*"), *SAMPLES.glob("*.dcm")]
               if file.is_file() and file.suffix not in (".py", ".pyc", ".sqlite"))
KEYWORDS = [keyword for keyword, *_ in COLUMNS]

# Files that are no DICOM: texts, dumps, a compressed file, a colour profile. pydicom is told to read anything and finds nothing.
NOT_DICOM = {"FileInfo.txt", "README", "README.md", "README.txt", "crayons.icc", "hashes.json", "rtplan.dump", "rtstruct.dump", "test1.json",
             "test_PN.json", "urls.json", "zipMR.gz"}

# What is read otherwise than by a judge. File: column: who: (what it says, what decides for us).
PYDICOM = {
    "chrX1.dcm": {"PatientName": ("Wang^XiaoDong=王^小東", "PS3.5 6.2.1.2: the third component group is there and empty; a cell has it as it stands")},
    "chrX2.dcm": {"PatientName": ("Wang^XiaoDong=王^小东", "PS3.5 6.2.1.2: the third component group is there and empty; a cell has it as it stands")},
}
DCMTK = {}
# Files that we refuse and pydicom reads in part: reason, what decides.
REFUSED = {
    "no_meta.dcm": ("notdicom", "PS3.10 7.1, PS3.5 7.1: no prefix, and what begins with a blank is no data set; pydicom finds no element either"),
}
# Files that are not as PS3.10 and their own declarations have them: the row says so.
REMARKED = {
    "ExplVR_BigEndNoMeta.dcm", "ExplVR_LitEndNoMeta.dcm", "rtstruct.dcm",  # no preamble, no meta information
    "winter.dcm",  # SOP Instance UID twice
    "meta_missing_tsyntax.dcm",  # no Transfer Syntax UID
    "SC_rgb_jpeg.dcm",  # implicit where the transfer syntax is an explicit one
}


@pytest.fixture(scope="module")
def indexed(tmp_path_factory):
    """One run over all of it."""
    folder = tmp_path_factory.mktemp("judges")
    names = b"".join(str(file).encode() + b"\n" for file in FILES)
    done = index("-", to=folder / "all.ndjson", stdin=names)
    faults = done.faults()
    assert len(done.rows()) + len(faults) == len(FILES), "neither row nor error for some files"
    return done.by_path(), {fault["path"]: fault for fault in faults}


def name(file):
    return str(file.relative_to(PACKAGE)) if file.is_relative_to(PACKAGE) else file.name


def different(ours, theirs, known, skip=()):
    """Columns that differ and are not in the table; entries of the table that are no longer true."""
    found = {}
    for keyword in KEYWORDS:
        if keyword in skip:
            continue
        told = known.get(keyword)
        if told:
            if theirs[keyword] != told[0] or ours[keyword] == theirs[keyword]:
                found[keyword] = ("the table", told, ours[keyword], theirs[keyword])
        elif ours[keyword] != theirs[keyword]:
            found[keyword] = (ours[keyword], theirs[keyword])
    return found


@pytest.mark.parametrize("file", FILES, ids=name)
def test_the_columns_are_those_of_pydicom_and_dcmtk(indexed, file):
    rows, faults = indexed
    if str(file) in faults:
        reason = faults[str(file)]["reason"]
        if file.name in NOT_DICOM:
            assert check.plain(reason) == "notdicom", faults[str(file)]
        else:
            assert REFUSED.get(file.name, ("no refusal was due",))[0] == check.plain(reason), faults[str(file)]
            assert not any(pydicom_cells(file).values())
        return
    assert file.name not in NOT_DICOM and file.name not in REFUSED
    ours = rows[str(file)]
    found = different(ours, pydicom_cells(file), PYDICOM.get(file.name, {}))
    assert not found, f"pydicom (ours, theirs): {found}"
    theirs, all_text = dcmtk_cells(file)
    if theirs is not None:
        # Debian's DCMTK knows no code extensions: what is not ASCII then is judged by pydicom alone.
        skip = () if all_text else [keyword for keyword in KEYWORDS if not ours[keyword].isascii()]
        found = different(ours, theirs, DCMTK.get(file.name, {}), skip)
        assert not found, f"DCMTK (ours, theirs): {found}"
    assert bool(ours["Remark"]) == (file.name in REMARKED), ours["Remark"]


# PS3.3 C.12.1.1.2: term with and without code extensions, escape sequence into it, Python's name of it, text of it.
SETS = [
    ("100", b"\x1b-A", "latin-1", "Äneas^Zoë"), ("101", b"\x1b-B", "iso8859-2", "Wałęsa^Łucja"), ("109", b"\x1b-C", "iso8859-3", "Ġorġ^Ħal"),
    ("110", b"\x1b-D", "iso8859-4", "Ķēniņš^Ģirts"), ("144", b"\x1b-L", "iso8859-5", "Люкceмбypг^Иван"), ("127", b"\x1b-G", "iso8859-6", "قباني^لنزار"),
    ("126", b"\x1b-F", "iso8859-7", "Διονυσιος^Άννα"), ("138", b"\x1b-H", "iso8859-8", "שרון^דבורה"), ("148", b"\x1b-M", "iso8859-9", "Çavuşoğlu^Işık"),
    ("166", b"\x1b-T", "tis-620", "สมชาย^ใจดี"), ("203", b"\x1b-b", "iso8859-15", "Œuvre^Žižek€"), ("13", b"\x1b)I", "shift_jis", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
]
DOUBLE = [
    ("87", b"\x1b$B", lambda t: bytes(b & 0x7F for b in t.encode("euc_jp")), b"\x1b(B", "山田", "太郎"),
    # JIS X 0212 in EUC is behind 8F.
    ("159", b"\x1b$(D", lambda t: bytes(b & 0x7F for b in t.encode("euc_jp") if b != 0x8F), b"\x1b(B", "丂丄", "丅丌"),
    ("149", b"\x1b$)C", lambda t: t.encode("euc_kr"), b"", "홍길", "동전"),
    ("58", b"\x1b$)A", lambda t: t.encode("gb2312"), b"", "张三", "李四"),
]


def image(path, declared, **values):
    """A file with texts given as bytes."""
    tags = {"SeriesDescription": (0x0008103E, "LO"), "PatientName": (0x00100010, "PN"), "InstitutionName": (0x00080080, "LO")}
    elements = [(0x00080005, "CS", declared), (0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"), (0x00080018, "UI", "2.25.7"),
                *[(*tags[key], value) for key, value in values.items()], (0x0020000D, "UI", "2.25.8"), (0x0020000E, "UI", "2.25.9")]
    data = Encoder(EXPLICIT, None).elements(sorted(elements, key=lambda e: e[0]))
    path.write_bytes(meta(EXPLICIT, "1.2.840.10008.5.1.4.1.1.2", "2.25.7") + data)


def extended(escape, encode, back, *pieces):
    """Pieces between which the sets are reset: each with its own escape sequences where it is not ASCII (PS3.5 6.1.2.5.3)."""
    return [piece.encode() if piece.isascii() else escape + encode(piece) + back for piece in pieces]


def cases():
    """Declaration, bytes of a name, a description of two values, their texts."""
    for term, escape, codec, text in SETS:
        yield f"ISO_IR {term}", text.encode(codec), (text + "\\b").encode(codec), text, text + "\\b"
        family, given = text.split("^")

        def one(t, codec=codec):
            return t.encode(codec)

        made = extended(escape, one, b"", "Ascii^", family, "^", given)
        made = made[0] + made[1] + made[2] + made[3]
        pair = b"\\".join(extended(escape, one, b"", family, "plain", given))
        yield f"\\ISO 2022 IR {term}", made, pair, f"Ascii^{family}^{given}", f"{family}\\plain\\{given}"
        yield f"ISO 2022 IR {term}\\ISO 2022 IR 87", text.encode(codec), (family + "\\x").encode(codec), text, family + "\\x"
    for term, escape, encode, back, family, given in DOUBLE:
        f, g = extended(escape, encode, back, family, given)
        yield (f"\\ISO 2022 IR {term}", b"Yamada^Tarou=" + f + b"^" + g + b"=", f + b" 1\\plain\\" + g,
               f"Yamada^Tarou={family}^{given}=", f"{family} 1\\plain\\{given}")
        yield f"ISO 2022 IR 6\\ISO 2022 IR {term}", f + b"^" + g, f, f"{family}^{given}", family
    text = "Müller^Жук=山田^홍길"
    yield ("ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 87\\ISO 2022 IR 149",
           "Müller^".encode("latin-1") + b"\x1b-L" + "Жук".encode("iso8859-5") + b"=\x1b$B" + DOUBLE[0][2]("山田") + b"\x1b(B^\x1b$)C" + "홍길".encode("euc_kr"),
           b"caf\xe9 \x1b-L" + "Жук".encode("iso8859-5"), text, "café Жук")
    for declared, codec in (("ISO_IR 192", "utf-8"), ("GB18030", "gb18030"), ("GBK", "gbk")):
        text = "Wang^XiaoDong=王^小东"
        yield declared, text.encode(codec), "胸部\\平扫".encode(codec), text, "胸部\\平扫"


def test_every_character_set(tmp_path):
    """By what was written, and by pydicom where its tables have the set."""
    wanted = list(cases())
    for number, (declared, person, description, *_) in enumerate(wanted):
        image(tmp_path / f"{number:03d}", declared, PatientName=person, SeriesDescription=description)
    rows = index(tmp_path, to=tmp_path.parent / f"{tmp_path.name}.ndjson").by_path()
    wrong = []
    for number, (declared, person, description, name_text, description_text) in enumerate(wanted):
        row = rows[str(tmp_path / f"{number:03d}")]
        for keyword, text in (("PatientName", name_text), ("SeriesDescription", description_text), ("SpecificCharacterSet", declared)):
            if row[keyword] != text:
                wrong.append((declared, keyword, row[keyword], text))
        if row["Remark"]:
            wrong.append((declared, "Remark", row["Remark"], ""))
    assert not wrong, "\n".join(map(str, wrong))


def test_the_judge_reads_the_same_of_every_character_set_it_knows(tmp_path):
    """The texts above against pydicom: a mistake in them would otherwise make a mistake of ours right."""
    compared = 0
    for number, (declared, person, description, name_text, description_text) in enumerate(cases()):
        if "203" in declared:
            # ISO 8859-15 is of PS3.3 2023: younger than pydicom's tables.
            continue
        image(tmp_path / f"{number}", declared, PatientName=person, SeriesDescription=description)
        data = pydicom.dcmread(tmp_path / f"{number}")
        # Of GB 2312 pydicom leaves the escape sequence in the text.
        assert str(data.PatientName).replace("\x1b$)A", "") == name_text.rstrip("="), declared
        value = data.SeriesDescription
        value = value if isinstance(value, str) else "\\".join(value)
        assert value.replace("\x1b$)A", "") == description_text, declared
        compared += 1
    assert compared > 40
