"""Content items of structured reports (PS3.3 C.17.3), in few words: what the samples are written in."""
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence


def code(text: str) -> Dataset:
    """`SCHEME value Meaning with blanks` as a code sequence item."""
    scheme, value, meaning = text.split(" ", 2)
    item = Dataset()
    # PS3.3 table 8.8-1: a value above 16 characters goes into Long Code Value.
    setattr(item, "CodeValue" if len(value) <= 16 else "LongCodeValue", value)
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def item(value_type: str, name: str, relation: str, children=()) -> Dataset:
    data = Dataset()
    if relation:
        data.RelationshipType = relation
    data.ValueType = value_type
    if name:
        data.ConceptNameCodeSequence = Sequence([code(name)])
    if children:
        data.ContentSequence = Sequence(children)
    return data


def container(name: str, *children, relation="CONTAINS", template="", continuity="SEPARATE") -> Dataset:
    data = item("CONTAINER", name, relation, children)
    data.ContinuityOfContent = continuity
    if template:
        which = Dataset()
        which.MappingResource = "DCMR"
        which.TemplateIdentifier = template
        data.ContentTemplateSequence = Sequence([which])
    return data


def num(name: str, value: str, unit: str, *children, relation="CONTAINS", qualifier="") -> Dataset:
    """A number; an empty value: the measured value sequence is empty."""
    data = item("NUM", name, relation, children)
    measured = []
    if value:
        measure = Dataset()
        measure.NumericValue = value
        measure.MeasurementUnitsCodeSequence = Sequence([code(unit)])
        measured = [measure]
    data.MeasuredValueSequence = Sequence(measured)
    if qualifier:
        data.NumericValueQualifierCodeSequence = Sequence([code(qualifier)])
    return data


def coded(name: str, value: str, *children, relation="CONTAINS") -> Dataset:
    data = item("CODE", name, relation, children)
    data.ConceptCodeSequence = Sequence([code(value)])
    return data


def text(name: str, value: str, *children, relation="CONTAINS") -> Dataset:
    data = item("TEXT", name, relation, children)
    data.TextValue = value
    return data


def uidref(name: str, value: str, relation="HAS OBS CONTEXT") -> Dataset:
    data = item("UIDREF", name, relation)
    data.UID = value
    return data


def datetime(name: str, value: str, relation="CONTAINS") -> Dataset:
    data = item("DATETIME", name, relation)
    data.DateTime = value
    return data


def date(name: str, value: str, relation="CONTAINS") -> Dataset:
    data = item("DATE", name, relation)
    data.Date = value
    return data


def pname(name: str, value: str, relation="HAS OBS CONTEXT") -> Dataset:
    data = item("PNAME", name, relation)
    data.PersonName = value
    return data


def image(uid: str, sop_class="1.2.840.10008.5.1.4.1.1.2", frames=(), name="", relation="CONTAINS") -> Dataset:
    data = item("IMAGE", name, relation)
    reference = Dataset()
    reference.ReferencedSOPClassUID = sop_class
    reference.ReferencedSOPInstanceUID = uid
    if frames:
        reference.ReferencedFrameNumber = list(frames)
    data.ReferencedSOPSequence = Sequence([reference])
    return data


def reference_to(relation: str, *place: int) -> Dataset:
    """By-reference relationship (PS3.3 C.17.3.2.5)."""
    data = Dataset()
    data.RelationshipType = relation
    data.ReferencedContentItemIdentifier = list(place)
    return data


# Modifiers that many measurements have.
def mod(name: str, value: str) -> Dataset:
    return coded(name, value, relation="HAS CONCEPT MOD")


def context(name: str, value: str) -> Dataset:
    return coded(name, value, relation="HAS OBS CONTEXT")
