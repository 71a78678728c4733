#!/usr/bin/env python3
"""Makes the DICOM samples of this folder: synthetic, the same bytes at every run.

    python3 -m pip install pydicom==3.0.2 numpy
    python3 make_samples.py            writes *.dcm; the expected rows beside them (*.json) are written by hand

Nobody in them is a real person, and no file was taken from anywhere.
"""
import pathlib

import numpy
import reports
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

HERE = pathlib.Path(__file__).parent
# Nothing else is below this root; short, so that parts may follow.
ROOT = "2.25.122448172113530"
STUDY = f"{ROOT}.1"


def uid(*parts: int) -> str:
    return ".".join([ROOT, *map(str, parts)])


def begin(number: int, sop_class: str, modality: str, charset="ISO_IR 192", study=STUDY, name="Sample^Synthetic"):
    """A data set with patient, study, series and SOP common modules."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = uid(3, number)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid(9)
    meta.ImplementationVersionName = "HILUM_SAMPLES"
    data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    data.SpecificCharacterSet = charset
    data.SOPClassUID = sop_class
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.StudyDate, data.StudyTime = "20260318", "091500"
    data.ContentDate, data.ContentTime = "20260318", "093000"
    data.SeriesDate, data.SeriesTime = "20260318", "092000"
    data.AccessionNumber = "ACC-0042"
    data.Modality = modality
    data.Manufacturer = "Hilum samples"
    data.ManufacturerModelName = "Synthetic"
    data.InstitutionName = "Sample Hospital"
    data.StationName = f"{modality}1"
    data.ReferringPhysicianName = "Referrer^Rita"
    data.StudyDescription = "Synthetic study"
    data.SeriesDescription = f"Synthetic {modality}"
    data.PatientName = name
    data.PatientID = "HLM-0007"
    data.IssuerOfPatientID = "HILUM"
    data.PatientBirthDate = "19700101"
    data.PatientSex = "F"
    data.StudyInstanceUID = study
    data.SeriesInstanceUID = uid(2, number)
    data.StudyID = "42"
    data.SeriesNumber = number
    data.InstanceNumber = 1
    data.TimezoneOffsetFromUTC = "+0100"
    return data


def save(data: Dataset, name: str):
    path = HERE / f"{name}.dcm"
    data.save_as(path, enforce_file_format=True)
    size = path.stat().st_size
    assert size < 20_000, f"{name}: {size} bytes"
    print(f"{path.name:28} {size:6}")


def report(number: int, name: str, tree: Dataset, sop_class: str, modality="SR", *, complete=True, verified=False,
           charset="ISO_IR 192", person="Sample^Synthetic", change=None):
    data = begin(number, sop_class, modality, charset=charset, name=person)
    data.CompletionFlag = "COMPLETE" if complete else "PARTIAL"
    data.VerificationFlag = "VERIFIED" if verified else "UNVERIFIED"
    if verified:
        observer = Dataset()
        observer.VerifyingObserverName = "Reader^Ruth"
        observer.VerifyingOrganization = "Sample Hospital"
        observer.VerificationDateTime = "20260318100000"
        observer.VerifyingObserverIdentificationCodeSequence = Sequence([])
        data.VerifyingObserverSequence = Sequence([observer])
    data.PerformedProcedureCodeSequence = Sequence([])
    data.ReferencedPerformedProcedureStepSequence = Sequence([])
    for element in tree:
        if element.keyword != "RelationshipType":
            data.add(element)
    if change:
        change(data)
    save(data, name)


def pixels(data: Dataset, array: numpy.ndarray, bits=8):
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    if array.ndim == 3:
        data.NumberOfFrames = array.shape[0]
    data.Rows, data.Columns = array.shape[-2:]
    data.BitsAllocated = 8 if bits == 8 else 16
    data.BitsStored = bits
    data.HighBit = bits - 1
    data.PixelRepresentation = 0
    data.PixelData = array.astype("u1" if bits == 8 else "<u2").tobytes()


def images():
    ramp = numpy.add.outer(numpy.arange(16), numpy.arange(16))
    ct = begin(101, "1.2.840.10008.5.1.4.1.1.2", "CT")
    ct.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ct.BodyPartExamined = "CHEST"
    ct.ProtocolName = "Thorax native"
    ct.KVP = "120"
    ct.SliceThickness = "1.0"
    ct.ImagePositionPatient, ct.ImageOrientationPatient = [0, 0, 0], [1, 0, 0, 0, 1, 0]
    ct.PixelSpacing = [0.7, 0.7]
    ct.FrameOfReferenceUID = uid(4, 101)
    ct.RescaleIntercept, ct.RescaleSlope = "-1024", "1"
    pixels(ct, ramp * 100, bits=12)
    save(ct, "image-ct")

    us = begin(102, "1.2.840.10008.5.1.4.1.1.3.1", "US")
    us.ImageType = ["ORIGINAL", "PRIMARY", "CARDIAC"]
    us.FrameTime = "33.3"
    pixels(us, numpy.stack([(ramp[:8, :8] * 8 + 20 * frame) % 256 for frame in range(4)]))
    save(us, "image-us-multiframe")

    dx = begin(103, "1.2.840.10008.5.1.4.1.1.1.1", "DX")
    dx.ImageType = ["ORIGINAL", "PRIMARY"]
    dx.BodyPartExamined = "HAND"
    dx.ImageLaterality = "L"
    dx.ViewPosition = "PA"
    dx.PresentationIntentType = "FOR PRESENTATION"
    pixels(dx, ramp * 120, bits=12)
    save(dx, "image-dx")


def encapsulated():
    pdf = (b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
           b"trailer<</Root 1 0 R>>\n%%EOF\n")
    data = begin(8, "1.2.840.10008.5.1.4.1.1.104.1", "DOC")
    data.ConversionType = "SYN"
    data.BurnedInAnnotation = "YES"
    data.DocumentTitle = "Pulmonary function"
    data.ConceptNameCodeSequence = Sequence([reports.code("LN 18748-4 Diagnostic imaging study")])
    data.MIMETypeOfEncapsulatedDocument = "application/pdf"
    data.AcquisitionDateTime = "20260318091800"
    data.EncapsulatedDocumentLength = len(pdf)
    data.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    save(data, "encapsulated-pdf")


def waveform():
    data = begin(9, "1.2.840.10008.5.1.4.1.1.9.1.2", "ECG")
    data.AcquisitionDateTime = "20260318091700"
    channels = []
    for number, lead in enumerate(["MDC 2:1 Lead I", "MDC 2:2 Lead II"], 1):
        channel = Dataset()
        channel.ChannelSourceSequence = Sequence([reports.code(lead)])
        channel.ChannelSensitivity = "1"
        channel.ChannelSensitivityUnitsSequence = Sequence([reports.code("UCUM uV microvolt")])
        channel.ChannelSampleSkew = "0"
        channel.WaveformBitsStored = 16
        channels.append(channel)
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels = 2
    group.NumberOfWaveformSamples = 250
    group.SamplingFrequency = "500"
    group.ChannelDefinitionSequence = Sequence(channels)
    group.WaveformBitsAllocated = 16
    group.WaveformSampleInterpretation = "SS"
    time = numpy.arange(250) / 500
    group.WaveformData = numpy.stack([800 * numpy.exp(-((time - 0.2) / 0.01) ** 2)] * 2, 1).astype("<i2").tobytes()
    data.WaveformSequence = Sequence([group])
    annotations = []

    def annotate(name="", value="", unit="", text="", code="", channel=0):
        note = Dataset()
        if name:
            note.ConceptNameCodeSequence = Sequence([reports.code(name)])
        if value:
            note.NumericValue = value
            note.MeasurementUnitsCodeSequence = Sequence([reports.code(unit)])
        if code:
            note.ConceptCodeSequence = Sequence([reports.code(code)])
        if text:
            note.UnformattedTextValue = text
        note.ReferencedWaveformChannels = [1, channel]
        note.AnnotationGroupNumber = 0 if not channel else channel
        annotations.append(note)

    annotate("MDC 2:16770 Heart rate", "72", "UCUM {H.B.}/min heart beats per minute")
    annotate("MDC 2:16168 QRS duration", "94", "UCUM ms ms")
    annotate("MDC 2:16184 PR interval", "158", "UCUM ms ms")
    annotate("MDC 2:16176 QT interval", "402", "UCUM ms ms")
    annotate("MDC 2:15873 R amplitude", "780", "UCUM uV microvolt", channel=1)
    annotate("MDC 2:15873 R amplitude", "1120.5", "UCUM uV microvolt", channel=2)
    annotate("LN 8884-9 Heart rhythm", code="SCT 64730000 Normal sinus rhythm")
    annotate(text="Normal ECG")
    data.WaveformAnnotationSequence = Sequence(annotations)
    save(data, "waveform-ecg")


if __name__ == "__main__":
    for entry in reports.REPORTS:
        report(**entry)
    encapsulated()
    waveform()
    images()
