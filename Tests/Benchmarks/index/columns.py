"""The forty columns of an index, in their order, and what stands in a cell: text, trimmed value by value."""

# Keyword, group, element, value representation (PS3.6).
COLUMNS = [
    ("TransferSyntaxUID", 0x0002, 0x0010, "UI"),
    ("SpecificCharacterSet", 0x0008, 0x0005, "CS"),
    ("ImageType", 0x0008, 0x0008, "CS"),
    ("SOPClassUID", 0x0008, 0x0016, "UI"),
    ("SOPInstanceUID", 0x0008, 0x0018, "UI"),
    ("StudyDate", 0x0008, 0x0020, "DA"),
    ("SeriesDate", 0x0008, 0x0021, "DA"),
    ("AcquisitionDate", 0x0008, 0x0022, "DA"),
    ("StudyTime", 0x0008, 0x0030, "TM"),
    ("AcquisitionTime", 0x0008, 0x0032, "TM"),
    ("AccessionNumber", 0x0008, 0x0050, "SH"),
    ("Modality", 0x0008, 0x0060, "CS"),
    ("Manufacturer", 0x0008, 0x0070, "LO"),
    ("InstitutionName", 0x0008, 0x0080, "LO"),
    ("StationName", 0x0008, 0x1010, "SH"),
    ("StudyDescription", 0x0008, 0x1030, "LO"),
    ("SeriesDescription", 0x0008, 0x103E, "LO"),
    ("ManufacturerModelName", 0x0008, 0x1090, "LO"),
    ("PatientName", 0x0010, 0x0010, "PN"),
    ("PatientID", 0x0010, 0x0020, "LO"),
    ("PatientBirthDate", 0x0010, 0x0030, "DA"),
    ("PatientSex", 0x0010, 0x0040, "CS"),
    ("BodyPartExamined", 0x0018, 0x0015, "CS"),
    ("SliceThickness", 0x0018, 0x0050, "DS"),
    ("DeviceSerialNumber", 0x0018, 0x1000, "LO"),
    ("SoftwareVersions", 0x0018, 0x1020, "LO"),
    ("StudyInstanceUID", 0x0020, 0x000D, "UI"),
    ("SeriesInstanceUID", 0x0020, 0x000E, "UI"),
    ("StudyID", 0x0020, 0x0010, "SH"),
    ("SeriesNumber", 0x0020, 0x0011, "IS"),
    ("InstanceNumber", 0x0020, 0x0013, "IS"),
    ("ImagePositionPatient", 0x0020, 0x0032, "DS"),
    ("ImageOrientationPatient", 0x0020, 0x0037, "DS"),
    ("FrameOfReferenceUID", 0x0020, 0x0052, "UI"),
    ("NumberOfFrames", 0x0028, 0x0008, "IS"),
    ("Rows", 0x0028, 0x0010, "US"),
    ("Columns", 0x0028, 0x0011, "US"),
    ("PixelSpacing", 0x0028, 0x0030, "DS"),
    ("BitsAllocated", 0x0028, 0x0100, "US"),
    ("BitsStored", 0x0028, 0x0101, "US"),
]
KEYWORDS = [keyword for keyword, *_ in COLUMNS]
BY_TAG = {group << 16 | element: (keyword, vr) for keyword, group, element, vr in COLUMNS}


def cell(value):
    """A value as it stands in a cell. Numbers are decimal text; text is trimmed value by value (PS3.5 6.2)."""
    if isinstance(value, (list, tuple)):
        return "\\".join(cell(part) for part in value)
    if isinstance(value, str):
        return "\\".join(part.strip(" \0") for part in value.split("\\"))
    return str(value)
