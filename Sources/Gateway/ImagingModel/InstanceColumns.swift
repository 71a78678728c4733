import DICOM

/// The columns by which the header of an instance is read: those of `HeaderField` in their order, items of Other Patient IDs
/// Sequence, then the sources in the rules of the device.
struct InstanceColumns: Sendable {
    /// Items of Other Patient IDs Sequence that have columns; a header with more is read as a whole.
    static let otherPatients = 4

    let all: IndexColumns
    /// Columns of `ModalityRules.accession` and `ModalityRules.patientID`.
    let accession: [Int]
    let patientID: [Int]

    /// Nil where a source is none that a column can have.
    init?(_ rules: ModalityRules) {
        guard let usual = Self.usual else { return nil }
        var all = usual
        var places: [Int] = []
        for source in rules.accession + rules.patientID {
            guard let name = source.name, let more = try? all.adding([name]),
                let place = more.place(of: name) ?? source.path.last.flatMap({ more.place(of: $0.columnName) })
            else { return nil }
            all = more
            places.append(place)
        }
        self.all = all
        accession = Array(places.prefix(rules.accession.count))
        patientID = Array(places.dropFirst(rules.accession.count))
    }

    /// Column of an item of Other Patient IDs Sequence, from 0.
    static func otherPatient(_ item: Int) -> Int { HeaderField.allCases.count + item }

    private static let usual: IndexColumns? = {
        var names = HeaderField.allCases.map { field in
            [field.sequence, field.tag].compactMap { $0?.description }.joined(separator: "/")
        }
        names += (1...otherPatients).map { "\(Tag.otherPatientIDsSequence)[\($0)]/\(Tag.patientID)" }
        let columns = try? IndexColumns(names)
        // Each has its own: a column is found by its number.
        return columns?.count == names.count ? columns : nil
    }()
}

extension ModalityRules.Source {
    /// As `ElementPath` reads it; nil for a source without an element.
    fileprivate var name: String? {
        guard let last = path.last else { return nil }
        var parts = path.dropLast().map(\.description)
        if let creator {
            let group = String(last.description.prefix(4))
            parts.append("\(group),\"\(creator)\",\(last.description.suffix(2))")
        } else {
            parts.append(last.description)
        }
        return parts.joined(separator: "/")
    }
}

extension Tag {
    /// The name of a column of the top level.
    fileprivate var columnName: String { keyword ?? description }
}
