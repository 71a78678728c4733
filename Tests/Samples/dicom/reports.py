"""The structured reports among the samples, each as the template of PS3.16 has it and as devices write it."""
from content import (code, coded, container, context, date, datetime, image, mod, num, pname, reference_to, text, uidref)
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

ROOT = "2.25.122448172113530"
BASIC, ENHANCED, COMPREHENSIVE = (f"1.2.840.10008.5.1.4.1.1.88.{n}" for n in ("11", "22", "33"))
DOSE, KEY_OBJECTS, RADIOPHARMACEUTICAL = (f"1.2.840.10008.5.1.4.1.1.88.{n}" for n in ("67", "59", "68"))
CT_IMAGE = f"{ROOT}.3.101"
US_IMAGE, US_CLASS = f"{ROOT}.3.102", "1.2.840.10008.5.1.4.1.1.3.1"

LANGUAGE = mod("DCM 121049 Language of Content Item and Descendants", "RFC5646 en English")
PERSON = [
    context("DCM 121005 Observer Type", "DCM 121006 Person"),
    pname("DCM 121008 Person Observer Name", "Sonographer^Sam"),
]
DEVICE = [
    context("DCM 121005 Observer Type", "DCM 121007 Device"),
    uidref("DCM 121012 Device Observer UID", f"{ROOT}.8"),
    text("DCM 121013 Device Observer Name", "SCANNER-1", relation="HAS OBS CONTEXT"),
]


def measurements():
    """TID 1500: one lesion measured and judged, one region of interest with statistics."""
    return container(
        "DCM 126000 Imaging Measurement Report", LANGUAGE, *PERSON,
        mod("DCM 121058 Procedure reported", "SCT 77477000 Computed tomography"),
        container("DCM 111028 Image Library", image(CT_IMAGE)),
        container(
            "DCM 126010 Imaging Measurements",
            container(
                "DCM 125007 Measurement Group",
                text("DCM 112039 Tracking Identifier", "Lesion 1", relation="HAS OBS CONTEXT"),
                uidref("DCM 112040 Tracking Unique Identifier", f"{ROOT}.7.1"),
                coded("DCM 121071 Finding", "SCT 27925004 Nodule"),
                mod("SCT 370129005 Measurement Method", "99LOCAL M1 Calipers"),
                mod("SCT 363698007 Finding Site", "SCT 45653009 Structure of upper lobe of lung"),
                num("SCT 103339001 Long Axis", "12.40", "UCUM mm millimeter",
                    item_scoord()),
                num("SCT 103340004 Short Axis", "8.1", "UCUM mm millimeter"),
                num("SCT 118565006 Volume", "1.02E+3", "UCUM mm3 cubic millimeter"),
                coded("99LOCAL Q1 Margin", "99LOCAL Q1A Spiculated"),
                template="1411"),
            container(
                "DCM 125007 Measurement Group",
                text("DCM 112039 Tracking Identifier", "ROI 2", relation="HAS OBS CONTEXT"),
                uidref("DCM 112040 Tracking Unique Identifier", f"{ROOT}.7.2"),
                mod_site("SCT 64033007 Kidney structure", "SCT 24028007 Right"),
                num("DCM 112031 Attenuation Coefficient", "-3.5", "UCUM [hnsf'U] Hounsfield unit",
                    mod("DCM 121401 Derivation", "SCT 373098007 Mean")),
                num("DCM 112031 Attenuation Coefficient", "11.25", "UCUM [hnsf'U] Hounsfield unit",
                    mod("DCM 121401 Derivation", "SCT 386136009 Standard deviation")),
                num("SCT 118565006 Volume", "", "", qualifier="DCM 114006 Measurement failure"),
                template="1411"),
            template="1500"),
        template="1500")


def mod_site(site: str, side: str) -> Dataset:
    return coded("SCT 363698007 Finding Site", site, mod("SCT 272741003 Laterality", side), relation="HAS CONCEPT MOD")


def item_scoord() -> Dataset:
    data = Dataset()
    data.RelationshipType = "INFERRED FROM"
    data.ValueType = "SCOORD"
    data.GraphicType = "POLYLINE"
    data.GraphicData = [1.0, 2.0, 9.5, 11.0]
    data.ContentSequence = Sequence([image(CT_IMAGE, relation="SELECTED FROM")])
    return data


def echo():
    """TID 5200 as cardiology systems write it: SNOMED RT codes, qualifiers below each number."""
    def measure(name, value, unit, *modifiers):
        return num(name, value, unit, *modifiers)
    two_d = mod("SRT G-0373 Image Mode", "SRT G-03A2 2D mode")
    doppler = mod("SRT G-0373 Image Mode", "SRT R-409E4 Doppler Pulsed")
    return container(
        "DCM 125200 Adult Echocardiography Procedure Report", LANGUAGE, *PERSON,
        container(
            "DCM 121118 Patient Characteristics",
            num("LN 8277-6 Body Surface Area", "1.87", "UCUM m2 Square Meter"),
            num("LN 8867-4 Heart rate", "64", "UCUM {H.B.}/min BPM")),
        container(
            "DCM 121070 Findings", context("SRT G-C0E3 Finding Site", "SRT T-32600 Left Ventricle"),
            container(
                "DCM 125007 Measurement Group", two_d,
                measure("LN 29436-3 Left Ventricle Internal End Diastolic Dimension", "4.80", "UCUM cm centimeter",
                        mod("SRT G-C036 Measurement Method", "DCM 125206 Cube Method")),
                measure("LN 29438-9 Left Ventricle Internal Systolic Dimension", "3.1", "UCUM cm centimeter"),
                measure("LN 18043-0 Left Ventricular Ejection Fraction", "62", "UCUM % Percent",
                        mod("SRT G-C036 Measurement Method", "DCM 125207 Method of Disks, Biplane"))),
            template="5202"),
        container(
            "DCM 121070 Findings", context("SRT G-C0E3 Finding Site", "SRT T-35300 Mitral Valve"),
            container(
                "DCM 125007 Measurement Group", doppler,
                measure("LN 18037-2 Mitral Valve E-Wave Peak Velocity", "0.812", "UCUM m/s meter per second",
                        mod("SRT G-C048 Flow Direction", "SRT R-42047 Antegrade Flow"),
                        coded("DCM 121404 Selection Status", "DCM 121410 User chosen value",
                              relation="HAS PROPERTIES")),
                measure("LN 18038-0 Mitral Valve E to A Ratio", "1.3", "UCUM {ratio} ratio"),
                measure("99GEMS GEU-106-23 Custom Index", "-.5", "99GEMS idx index points")),
            template="5202"),
        template="5200")


def obstetrics():
    """TID 5000: two fetuses, biometry with gestational age and growth, a summary."""
    def biometry(name, value, weeks, percentile):
        return container(
            "DCM 125005 Biometry Group",
            num(name, value, "UCUM mm millimeter",
                mod("DCM 121401 Derivation", "SRT R-00317 Mean"),
                num("DCM 125012 Growth Percentile Rank", percentile, "UCUM % percent", relation="HAS PROPERTIES")),
            num("LN 18185-9 Gestational Age", weeks, "UCUM d day",
                coded("DCM 121420 Equation or Table", "LN 11902-4 BPD, Hadlock 1984", relation="INFERRED FROM")),
            template="5008")

    def fetus(name, *groups):
        return container(
            "DCM 125002 Fetal Biometry", text("LN 11951-1 Fetus ID", name, relation="HAS OBS CONTEXT"), *groups,
            template="5005")
    return container(
        "DCM 125000 OB-GYN Ultrasound Procedure Report", LANGUAGE, *PERSON,
        container(
            "DCM 121118 Patient Characteristics",
            num("LN 11996-6 Gravida", "2", "UCUM 1 no units"), template="5001"),
        container(
            "DCM 121111 Summary", date("LN 11778-8 EDD", "20260901"),
            container(
                "DCM 125008 Fetus Summary", text("LN 11951-1 Fetus ID", "A", relation="HAS OBS CONTEXT"),
                num("LN 11948-7 Fetal Heart Rate", "148", "UCUM {H.B.}/min beats per minute"),
                num("LN 11727-5 Estimated Weight", "1350", "UCUM g gram")),
            text("DCM 121106 Comment", "Dichorionic twins"), template="5002"),
        fetus("A", biometry("LN 11820-8 Biparietal Diameter", "72.0", "203", "45"),
              biometry("LN 11963-6 Femur Length", "53.1", "198", "38")),
        fetus("B", biometry("LN 11820-8 Biparietal Diameter", "70.5", "199", "31")),
        template="5000")


def ct_dose():
    """TID 10011: two irradiation events."""
    def event(number, description, target, ctdi, dlp, length):
        return container(
            "DCM 113819 CT Acquisition",
            text("DCM 125203 Acquisition Protocol", description),
            coded("DCM 123014 Target Region", target),
            coded("DCM 113820 CT Acquisition Type", "SCT 116152004 Spiral Acquisition"),
            uidref("DCM 113769 Irradiation Event UID", f"{ROOT}.6.{number}", relation="CONTAINS"),
            container(
                "DCM 113822 CT Acquisition Parameters",
                num("DCM 113824 Exposure Time", "4.2", "UCUM s s"),
                num("DCM 113825 Scanning Length", length, "UCUM mm mm"),
                container("DCM 113831 CT X-Ray Source Parameters", num("DCM 113733 KVP", "120", "UCUM kV kV"))),
            container(
                "DCM 113829 CT Dose",
                num("DCM 113830 Mean CTDIvol", ctdi, "UCUM mGy mGy"),
                coded("DCM 113835 CTDIw Phantom Type", "DCM 113691 IEC Body Dosimetry Phantom"),
                num("DCM 113838 DLP", dlp, "UCUM mGy.cm mGy.cm")))
    return container(
        "DCM 113701 X-Ray Radiation Dose Report",
        mod("DCM 121058 Procedure reported", "SCT 77477000 Computed Tomography X-Ray"), *DEVICE,
        datetime("DCM 113809 Start of X-Ray Irradiation", "20260318091501"),
        datetime("DCM 113810 End of X-Ray Irradiation", "20260318091632"),
        context("DCM 113705 Scope of Accumulation", "DCM 113014 Study"),
        container(
            "DCM 113811 CT Accumulated Dose Data",
            num("DCM 113812 Total Number of Irradiation Events", "2", "UCUM {events} events"),
            num("DCM 113813 CT Dose Length Product Total", "512.30", "UCUM mGy.cm mGy.cm")),
        event(1, "Thorax native", "SCT 51185008 Chest", "7.31", "265.10", "362.5"),
        event(2, "Abdomen venous", "SCT 818981001 Abdomen", "8.02", "247.20", "308"),
        coded("DCM 113854 Source of Dose Information", "DCM 113856 Automated Data Collection"),
        template="10011")


def xa_dose():
    """TID 10001: projection X-ray, two planes accumulated, one irradiation event."""
    def accumulated(plane, product, point):
        return container(
            "DCM 113702 Accumulated X-Ray Dose Data",
            mod("DCM 113764 Acquisition Plane", plane),
            num("DCM 113722 Dose Area Product Total", product, "UCUM Gy.m2 Gy.m2"),
            num("DCM 113725 Dose (RP) Total", point, "UCUM Gy Gy"),
            num("DCM 113726 Fluoro Dose Area Product Total", "0.00021", "UCUM Gy.m2 Gy.m2"),
            num("DCM 113730 Total Fluoro Time", "312", "UCUM s s"),
            num("DCM 113731 Total Number of Radiographic Frames", "118", "UCUM 1 no units"),
            template="10002")
    return container(
        "DCM 113701 X-Ray Radiation Dose Report",
        mod("DCM 121058 Procedure reported", "DCM 113704 Projection X-Ray"), *DEVICE,
        context("DCM 113705 Scope of Accumulation", "DCM 113014 Study"),
        accumulated("DCM 113620 Plane A", "3.4E-04", "0.0213"),
        accumulated("DCM 113621 Plane B", "1.15E-04", "0.0087"),
        container(
            "DCM 113706 Irradiation Event X-Ray Data",
            mod("DCM 113764 Acquisition Plane", "DCM 113620 Plane A"),
            uidref("DCM 113769 Irradiation Event UID", f"{ROOT}.6.11", relation="CONTAINS"),
            datetime("DCM 111526 DateTime Started", "20260318092010"),
            coded("DCM 113721 Irradiation Event Type", "SCT 44491008 Fluoroscopy"),
            num("DCM 122130 Dose Area Product", "0.00012", "UCUM Gy.m2 Gy.m2"),
            num("DCM 113738 Dose (RP)", "0.0075", "UCUM Gy Gy"),
            template="10003"),
        template="10001")


def radiopharmaceutical():
    """TID 10021."""
    return container(
        "DCM 113500 Radiopharmaceutical Radiation Dose Report",
        mod("DCM 121058 Procedure reported", "SCT 44139004 Positron emission tomography"), *DEVICE,
        container(
            "DCM 113502 Radiopharmaceutical Administration",
            coded("SCT 349358000 Radiopharmaceutical agent", "SCT 35321007 Fluorodeoxyglucose F^18^",
                  coded("SCT 89457008 Radionuclide", "SCT 77004003 ^18^Fluorine", relation="HAS PROPERTIES")),
            uidref("DCM 113503 Radiopharmaceutical Administration Event UID", f"{ROOT}.6.21", relation="CONTAINS"),
            datetime("DCM 123003 Radiopharmaceutical Start DateTime", "20260318081000+0100"),
            num("DCM 113507 Administered activity", "254.8", "UCUM MBq MBq"),
            coded("SCT 410675002 Route of administration", "SCT 47625008 Intravenous route",
                  mod("SCT 272737002 Site of", "SCT 368209003 Right arm")),
            template="10022"),
        template="10021")


def findings(impression: str, *more):
    """TID 2000, Basic Diagnostic Imaging Report."""
    return container(
        "LN 18748-4 Diagnostic imaging study", LANGUAGE, *PERSON,
        container("LN 11329-0 History General", text("DCM 121060 History", "Cough for three weeks.")),
        container(
            "DCM 121070 Findings",
            text("DCM 121071 Finding", "No consolidation.\r\nNo effusion.",
                 image(CT_IMAGE, relation="INFERRED FROM")),
            coded("DCM 121071 Finding", "SCT 427359005 Solitary nodule of lung",
                  mod("SCT 363698007 Finding Site", "SCT 39607008 Lung structure"))),
        container("DCM 121072 Impressions", text("DCM 121073 Impression", impression), *more),
        template="2000")


def generic():
    """No template that anybody knows: every value type, a by-reference relationship, nested groups."""
    return container(
        "99LOCAL REP-1 House report",
        datetime("DCM 111526 DateTime Started", "20260318091501.250000-0500"),
        date("99LOCAL D1 Next visit", "20260401"),
        item_time("99LOCAL T1 Clock", "101502"),
        pname("DCM 121036 Mother of fetus", "Sample^Mother", relation="CONTAINS"),
        uidref("99LOCAL U1 Something", f"{ROOT}.5.1", relation="CONTAINS"),
        container(
            "99LOCAL G1 Outer group",
            container(
                "99LOCAL G2 Inner group",
                num("99LOCAL N1 Score", "+07.50", "UCUM 1 no units",
                    num("99LOCAL N2 Score before", "6", "UCUM 1 no units", relation="INFERRED FROM"),
                    reference_to("INFERRED FROM", 1, 1)),
                num("99LOCAL N3 Above scale", "3", "UCUM 1 no units", qualifier="DCM 114009 Value out of range"),
                num("99LOCAL N4 Not known", "", "", qualifier="DCM 114010 Value unknown"))),
        text("99LOCAL X1 Remark", ""))


def item_time(name: str, value: str) -> Dataset:
    data = Dataset()
    data.RelationshipType = "CONTAINS"
    data.ValueType = "TIME"
    data.ConceptNameCodeSequence = Sequence([code(name)])
    data.Time = value
    return data


def key_objects():
    return container(
        "DCM 113000 Of Interest", *PERSON,
        text("DCM 113012 Key Object Description", "Nodule in slice 1"),
        image(CT_IMAGE), image(US_IMAGE, US_CLASS, frames=[2, 3]), template="2010")


def replaces(number: int):
    """Says that the report with a number is what this one was made of."""
    def change(data: Dataset):
        instance = Dataset()
        instance.ReferencedSOPClassUID = BASIC
        instance.ReferencedSOPInstanceUID = f"{ROOT}.3.{number}"
        series = Dataset()
        series.SeriesInstanceUID = f"{ROOT}.2.{number}"
        series.ReferencedSOPSequence = Sequence([instance])
        study = Dataset()
        study.StudyInstanceUID = f"{ROOT}.1"
        study.ReferencedSeriesSequence = Sequence([series])
        data.PredecessorDocumentsSequence = Sequence([study])
    return change


REPORTS = [
    dict(number=1, name="sr-measurements", tree=measurements(), sop_class=COMPREHENSIVE),
    dict(number=2, name="sr-echo", tree=echo(), sop_class=COMPREHENSIVE, verified=True),
    dict(number=3, name="sr-obstetrics", tree=obstetrics(), sop_class=COMPREHENSIVE, verified=True),
    dict(number=4, name="sr-dose-ct", tree=ct_dose(), sop_class=DOSE),
    dict(number=5, name="sr-dose-xa", tree=xa_dose(), sop_class=DOSE),
    dict(number=6, name="sr-text", tree=findings("Solitary nodule, follow up in 3 months."), sop_class=BASIC,
         complete=True),
    dict(number=7, name="key-objects", tree=key_objects(), sop_class=KEY_OBJECTS, modality="KO"),
    dict(number=10, name="sr-chinese", sop_class=BASIC, charset="GB18030", verified=True,
         person="Yang^Ben=样^本", tree=container(
             "LN 18748-4 影像诊断报告",
             mod("DCM 121049 语言", "RFC5646 zh-CN 中文"),
             container("DCM 121070 检查所见", text("DCM 121071 所见", "左肺上叶见一结节，直径约㐂5mm。")),
             container("DCM 121076 结论", text("DCM 121077 结论", "建议三个月后复查。")))),
    dict(number=11, name="sr-text-corrected", sop_class=BASIC, verified=True, change=replaces(6),
         tree=findings("Solitary nodule, follow up in 6 weeks.",
                       coded("DCM 121073 Impression", "SCT 427359005 Solitary nodule of lung"))),
    dict(number=12, name="sr-generic", tree=generic(), sop_class=ENHANCED, complete=False),
    dict(number=13, name="sr-dose-radiopharmaceutical", tree=radiopharmaceutical(), sop_class=RADIOPHARMACEUTICAL),
]
