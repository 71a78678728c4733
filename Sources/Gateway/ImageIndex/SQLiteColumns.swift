import DICOM

/// Which table of a database holds which column of an index.
///
/// The four levels are those of PS3.3 A.1.2. A row of `patient`, `study` and `series` is what files say, word for word: its
/// identity is all of its values, not its UID alone. Files of one study that disagree on a value thus give two rows
/// (`differs` is 1 in both) instead of one that is wrong for some of them, and every file's own values can be told again.
struct SQLiteColumns {
    /// A level.
    enum Level: Int, CaseIterable {
        case patient, study, series, instance
        /// Its table.
        var table: String {
            switch self {
            case .patient: "patient"
            case .study: "study"
            case .series: "series"
            case .instance: "instance"
            }
        }
    }

    /// Of patient: with the issuer, when it is asked for, because two hospitals use the same numbers.
    static let patient = ["PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex"]
    /// Of study.
    static let study = ["StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyID", "StudyDescription"]
    /// Of series: with equipment and frame of reference, of which a series has one each.
    static let series = [
        "SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDate", "SeriesDescription", "BodyPartExamined",
        "Manufacturer", "ManufacturerModelName", "InstitutionName", "StationName", "DeviceSerialNumber",
        "SoftwareVersions", "FrameOfReferenceUID",
    ]

    /// All columns, as they stand in a row.
    let names: [String]
    /// True when rows stand for frames.
    let isOfFrames: Bool
    /// Place in a row of each column of `patient`, `study`, `series`, `instance`.
    let places: [[Int]]

    init(_ names: [String]) {
        self.names = names
        isOfFrames = names.contains("FrameNumber")
        var places: [[Int]] = [[], [], [], []]
        for (place, name) in names.enumerated() { places[Self.level(name).rawValue].append(place) }
        self.places = places
    }

    /// Where a column is kept.
    static func level(_ name: String) -> Level {
        if patient.contains(name) { return .patient }
        if study.contains(name) { return .study }
        return series.contains(name) ? .series : .instance
    }

    /// What a frame says of itself; the first five columns of a frame's row name its instance.
    static let ofFrames = Set(IndexColumns.frames.names.dropFirst(5))

    /// Place of the frame's number, when rows stand for frames.
    var frameNumber: Int? { names.firstIndex(of: "FrameNumber") }
    /// Place of the number of frames.
    var numberOfFrames: Int? { names.firstIndex(of: "NumberOfFrames") }

    /// Columns of `instance`.
    var instanceCells: [SQLiteCell] {
        let standard = Set(IndexColumns.standard.names)
        return places[Level.instance.rawValue].map { cell($0) }.filter {
            !isOfFrames || standard.contains($0.name) || !$0.isOfFrame
        }
    }

    /// Columns of `frame`: what functional groups say, and what was asked for besides the standard ones.
    var frameCells: [SQLiteCell] {
        guard isOfFrames else { return [] }
        let standard = Set(IndexColumns.standard.names)
        return places[Level.instance.rawValue].map { cell($0) }.filter {
            $0.isOfFrame || !standard.contains($0.name)
        }
    }

    private func cell(_ place: Int) -> SQLiteCell {
        SQLiteCell(
            name: names[place], place: place, isInteger: Self.type(names[place]) == "INTEGER",
            isOfFrame: isOfFrames && Self.ofFrames.contains(names[place]))
    }

    /// Names of the columns of a level, in the order of the row.
    func names(of level: Level) -> [String] { places[level.rawValue].map { names[$0] } }

    /// The type of a column: numbers are numbers where the standard says number, and one only (PS3.6); else text. Affinity
    /// only: what is no number stays the text that it is.
    static func type(_ name: String) -> String {
        let tag: Tag?
        switch ElementPath(name)?.last {
        case .tag(let found)?: tag = found
        case .privateElement?, nil: tag = nil
        }
        guard let tag, let entry = DataDictionary.entry(tag), entry.isSingleValued else { return "TEXT" }
        switch entry.vr {
        case .IS, .US, .SS, .UL, .SL, .SV, .UV: return "INTEGER"
        case .DS, .FL, .FD: return "REAL"
        default: return "TEXT"
        }
    }
}
