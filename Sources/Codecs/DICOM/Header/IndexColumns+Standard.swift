extension IndexColumns {
    /// The forty of every index, named by their keywords.
    public static let standard = IndexColumns(known: [
        "TransferSyntaxUID", "SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "StudyDate",
        "SeriesDate", "AcquisitionDate", "StudyTime", "AcquisitionTime", "AccessionNumber", "Modality", "Manufacturer",
        "InstitutionName", "StationName", "StudyDescription", "SeriesDescription", "ManufacturerModelName",
        "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "BodyPartExamined", "SliceThickness",
        "DeviceSerialNumber", "SoftwareVersions", "StudyInstanceUID", "SeriesInstanceUID", "StudyID", "SeriesNumber",
        "InstanceNumber", "ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID", "NumberOfFrames",
        "Rows", "Columns", "PixelSpacing", "BitsAllocated", "BitsStored",
    ])

    /// Those of a row that stands for a frame: the instance, then what functional groups say of the frame (PS3.3 C.7.6.16),
    /// then what else a frame inherits.
    public static let frames: IndexColumns = {
        var columns = IndexColumns(known: [
            "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "SOPClassUID", "NumberOfFrames",
        ])
        columns.columns.append(Column(name: "FrameNumber", source: .frameNumber))
        columns.columns +=
            IndexColumns(known: [
                "FrameType", "StackID", "InStackPositionNumber", "TemporalPositionIndex", "DimensionIndexValues",
                "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness",
                "FrameAcquisitionNumber",
                "FrameAcquisitionDateTime", "FrameReferenceDateTime", "FrameAcquisitionDuration",
                "NominalCardiacTriggerDelayTime", "CardiacCyclePosition", "EffectiveEchoTime", "DiffusionBValue",
                "DiffusionGradientOrientation", "RescaleIntercept", "RescaleSlope", "WindowCenter", "WindowWidth",
                "FrameLaterality", "FrameLabel",
            ]).columns
        columns.areOfFrames = true
        return columns
    }()
}
