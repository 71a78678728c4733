"""A CT image as a modality writes it: 206 to 255 elements at the top level, sequences, private blocks, and what an index must
find in it."""
from columns import BY_TAG, KEYWORDS, cell
from elements import Items

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ROOT = "2.25.98640155421733"
FEWEST, MOST = 206, 255

DEFINED, UNDEFINED, MIXED = (False, False), (True, True), (True, False)


class Slot(str):
    """Name of a value that is another one in each instance of a series."""


def uid(*parts):
    return ".".join([ROOT, *map(str, parts)])


def code(value, scheme, meaning):
    return [(0x00080100, "SH", value), (0x00080102, "SH", scheme), (0x00080104, "LO", meaning)]


def reference(n):
    return [(0x00081150, "UI", CT_IMAGE), (0x00081155, "UI", uid(7, n))]


def decoys(shape):
    """What an index must not take: elements of the patient and the study, nested in sequences."""
    inner = [(0x00080050, "SH", "DECOY-INNER"), (0x00100010, "PN", "Decoy^Inner"), (0x00100020, "LO", "DECOY-PID-2"),
             (0x0020000D, "UI", uid(666, 2))]
    item = [(0x00080050, "SH", "DECOY-ACC"), (0x00081110, "SQ", Items([reference(1)], shape)),
            (0x00100020, "LO", "DECOY-PID"), (0x0020000D, "UI", uid(666, 1)),
            (0x00321064, "SQ", Items([code("CT-HEAD", "99HILUM", "Decoy")], shape)),
            (0x00400007, "LO", "Decoy step"), (0x00401001, "SH", "RP-1"),
            (0x00400275, "SQ", Items([inner], shape))]
    return Items([item, inner], shape)


def series_elements(rng, patient, study, series):
    """Elements of all instances of a series but the group 0002 ones; values that change are `Slot`."""
    charset = patient["charset"]
    shape = rng.choice([DEFINED, UNDEFINED, MIXED])
    number = series["number"]
    day, time = study["date"], study["time"]
    e = [
        (0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL" if number % 3 else "DERIVED\\SECONDARY\\REFORMATTED\\AVERAGE"),
        (0x00080012, "DA", day), (0x00080013, "TM", Slot("time")), (0x00080014, "UI", uid(8)),
        (0x00080016, "UI", CT_IMAGE), (0x00080018, "UI", Slot("uid")),
        (0x00080020, "DA", day), (0x00080021, "DA", day), (0x00080022, "DA", day), (0x00080023, "DA", day),
        (0x00080030, "TM", time), (0x00080031, "TM", time[:6]), (0x00080032, "TM", Slot("time")), (0x00080033, "TM", Slot("time")),
        (0x00080050, "SH", study["accession"]), (0x00080060, "CS", "CT"), (0x00080070, "LO", series["manufacturer"]),
        (0x00080080, "LO", charset.institution), (0x00080081, "ST", "1 Sample Street, Example Town"),
        (0x00080090, "PN", "Referrer^Rita"), (0x00081010, "SH", f"CT{series['device']:02d}"),
        (0x00081030, "LO", study["description"]),
        (0x00081032, "SQ", Items([code("CTCHEST", "99HILUM", "CT Chest")], shape)),
        (0x0008103E, "LO", series["description"]), (0x00081040, "LO", "Radiology"),
        (0x00081048, "PN", "Reader^Rob"), (0x00081050, "PN", "Performer^Pia"), (0x00081060, "PN", "Reader^Ruth"),
        (0x00081070, "PN", "Operator^Otto\\Operator^Olga"), (0x00081090, "LO", series["model"]),
        (0x00081110, "SQ", Items([reference(11)], shape)), (0x00081111, "SQ", Items([reference(12)], shape)),
        (0x00081140, "SQ", Items([reference(n) for n in range(1, 3)], shape)),
        (0x00082111, "ST", "Synthetic"), (0x00082112, "SQ", Items([reference(13) + [(0x0040A170, "SQ", Items(
            [code("121320", "DCM", "Uncompressed predecessor")], shape))]], shape)),
        (0x00089215, "SQ", Items([code("113072", "DCM", "Multiplanar reformatting")], shape)),
        (0x00090010, "LO", "HILUM SYNTHETIC 01"), (0x00091001, "LO", "CT_SYNTH_01"), (0x00091002, "SH", f"ct{series['device']:02d}"),
        (0x00091004, "SH", series["model"][:16]), (0x00091027, "SL", 1710000000), (0x00091030, "SH", ""), (0x000910E3, "UI", uid(9, number)),
        (0x00100010, "PN", patient["name"]), (0x00100020, "LO", patient["id"]), (0x00100021, "LO", "HILUM"),
        (0x00100030, "DA", patient["birth"]), (0x00100032, "TM", ""), (0x00100040, "CS", patient["sex"]),
        (0x00101000, "LO", ""), (0x00101001, "PN", "Other^Name"),
        (0x00101002, "SQ", Items([[(0x00100020, "LO", "DECOY-OTHER"), (0x00100021, "LO", "ELSEWHERE")]], shape)),
        (0x00101010, "AS", "047Y"), (0x00101020, "DS", "1.72"), (0x00101030, "DS", "71.5"), (0x00102110, "LO", ""),
        (0x00102160, "SH", ""), (0x00102180, "SH", "none"), (0x001021B0, "LT", "No history of anything: this patient is made up."),
        (0x001021C0, "US", 4), (0x00104000, "LT", ""),
        (0x00180010, "LO", "Contrast 300"), (0x00180012, "SQ", Items([code("C-B0322", "SRT", "Iohexol")], shape)),
        (0x00180015, "CS", series["body"]), (0x00180022, "CS", "HELICAL MODE"), (0x00180050, "DS", series["thickness"]),
        (0x00180060, "DS", "120"), (0x00180090, "DS", "500.0"), (0x00181000, "LO", f"SN-{series['device']:06d}"),
        (0x00181020, "LO", "sy12.3\\build 4567"), (0x00181030, "LO", "5.1 Routine"), (0x00181040, "LO", "Intravenous"),
        (0x00181041, "DS", "100.0"), (0x00181044, "DS", "30.0"), (0x00181046, "DS", "3.0\\2.0"), (0x00181100, "DS", "360.000"),
        (0x00181110, "DS", "949.075"), (0x00181111, "DS", "541.000"), (0x00181120, "DS", "0.000"), (0x00181130, "DS", "147.5"),
        (0x00181140, "CS", "CW"), (0x00181143, "DS", "250"), (0x00181150, "IS", "700"), (0x00181151, "IS", Slot("current")),
        (0x00181152, "IS", Slot("exposure")), (0x00181153, "IS", "140000"), (0x00181160, "SH", "BODY FILTER"),
        (0x00181170, "IS", "42000"), (0x00181190, "DS", "0.7\\1.2"), (0x00181200, "DA", "20240101"), (0x00181201, "TM", "060000"),
        (0x00181210, "SH", "STANDARD"), (0x00181400, "LO", "AUTO"), (0x00185100, "CS", "HFS"), (0x00189305, "FD", 0.7),
        (0x00189306, "FD", 0.625), (0x00189307, "FD", 40.0), (0x00189309, "FD", 55.0), (0x00189310, "FD", 78.571),
        (0x00189311, "FD", 1.375), (0x00189313, "FD", [0.0, 0.0, -12.5]), (0x00189318, "FD", [0.0, 0.0, 1.0]),
        (0x00189321, "SQ", Items([[(0x00081150, "UI", CT_IMAGE), (0x00189324, "FD", 12.5)]], shape)),
        (0x00189323, "CS", "XYZ_EC"), (0x00189324, "FD", 11.25), (0x00189345, "FD", 7.83),
        (0x00190010, "LO", "HILUM SYNTHETIC 02"),
        *[(0x00191000 + n, "DS" if n % 3 else "SL", f"{n * 1.125:.6f}" if n % 3 else n * 1000) for n in range(2, 34)],
        (0x0020000D, "UI", study["uid"]), (0x0020000E, "UI", series["uid"]), (0x00200010, "SH", study["id"]),
        (0x00200011, "IS", str(number)), (0x00200012, "IS", "1"), (0x00200013, "IS", Slot("number")),
        (0x00200020, "CS", "L\\P"), (0x00200032, "DS", Slot("position")), (0x00200037, "DS", "1.000000\\0.000000\\0.000000\\0.000000\\1.000000\\0.000000"),
        (0x00200052, "UI", series["frame"]), (0x00200060, "CS", ""), (0x00201002, "IS", str(series["count"])),
        (0x00201040, "LO", "SN"), (0x00201041, "DS", Slot("location")), (0x00204000, "LT", "Made by a generator; nobody's image."),
        (0x00210010, "LO", "HILUM SYNTHETIC 03"),
        *[(0x00211003 + n, "SS" if n % 2 else "SL", n * 3) for n in range(20)],
        (0x00230010, "LO", "HILUM SYNTHETIC 04"), (0x00231001, "SL", 3), (0x00231010, "FD", 1710234.125), (0x00231070, "FD", 1392.5),
        (0x00270010, "LO", "HILUM SYNTHETIC 05"), *[(0x00271010 + n, "SS" if n % 2 else "FL", n) for n in range(18)],
        (0x00271050, "OB", bytes(range(64))),
        (0x00280002, "US", 1), (0x00280004, "CS", "MONOCHROME2"), (0x00280010, "US", series["rows"]),
        (0x00280011, "US", series["rows"]), (0x00280030, "DS", series["spacing"]), (0x00280100, "US", 16), (0x00280101, "US", 12),
        (0x00280102, "US", 11), (0x00280103, "US", 0), (0x00280106, "US", 0), (0x00280107, "US", 4095), (0x00280120, "US", 0),
        (0x00280303, "CS", "UNMODIFIED"), (0x00281050, "DS", "40\\-600"), (0x00281051, "DS", "400\\1600"), (0x00281052, "DS", "-1024"),
        (0x00281053, "DS", "1"), (0x00281054, "LO", "HU"), (0x00281055, "LO", "SOFT\\LUNG"), (0x00282110, "CS", "00"),
        (0x00321032, "PN", "Requester^Rex"), (0x00321033, "LO", "Ward 7"), (0x00321060, "LO", "CT chest"), (0x00321064, "SQ", Items(
            [code("CTCHEST", "99HILUM", "CT Chest")], shape)),
        (0x00380010, "LO", "ADM-1"), (0x00400244, "DA", day), (0x00400245, "TM", time), (0x00400253, "SH", "PPS-1"),
        (0x00400254, "LO", "CT chest"), (0x00400260, "SQ", Items([code("P5-08000", "SRT", "CT")], shape)),
        (0x00400275, "SQ", decoys(shape)), (0x00400280, "ST", ""), (0x00401001, "SH", "RP-7"),
        (0x00430010, "LO", "HILUM SYNTHETIC 06"), *[(0x00431010 + n, "SS" if n % 3 else "DS", n if n % 3 else f"{n}.25") for n in range(24)],
        (0x00450010, "LO", "HILUM SYNTHETIC 07"), *[(0x00451001 + n, "SS", n) for n in range(14)],
        (0x00451060, "SQ", Items([[(0x00080050, "SH", "DECOY-PRIV"), (0x00451001, "SS", 1)]], UNDEFINED)),
        (0x00880200, "SQ", Items([[(0x00280010, "US", 7), (0x00280011, "US", 9)]], shape)),
    ]
    if charset.declared is not None:
        e.append((0x00080005, "CS", charset.declared))
    e.sort(key=lambda element: element[0])
    wanted = rng.randint(FEWEST, MOST) - 1
    can_go = [place for place, (tag, *_) in enumerate(e) if tag not in BY_TAG and not is_creator(tag)]
    gone = set(rng.sample(can_go, max(0, len(e) - wanted)))
    e = [element for place, element in enumerate(e) if place not in gone]
    e += [(0x00471000 + n, "LO", f"filler {n}") for n in range(2, 2 + wanted - len(e) - 1)]
    if wanted > len(e):
        e.append((0x00470010, "LO", "HILUM SYNTHETIC 08"))
    return sorted(e, key=lambda element: element[0])


def is_creator(tag):
    return tag >> 16 & 1 and tag & 0xFF00 == 0


def row(elements, syntax):
    """Cells of the forty columns: of the first element with the tag, at the top level."""
    cells = dict.fromkeys(KEYWORDS, "")
    cells["TransferSyntaxUID"] = syntax.uid
    for tag, vr, value, *_ in reversed(elements):
        if tag in BY_TAG and not isinstance(value, (bytes, Items)):
            cells[BY_TAG[tag][0]] = value if isinstance(value, Slot) else cell(value)
    return cells
