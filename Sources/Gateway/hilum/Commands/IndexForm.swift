import ImageIndex

/// What the name of an output says.
enum IndexForm {
    private static let endings: [(ending: String, form: IndexRequest.Format)] = [
        (".ndjson", .ndjson), (".jsonl", .ndjson), (".csv", .csv), (".tsv", .tsv), (".sqlite", .sqlite),
        (".sqlite3", .sqlite), (".db", .sqlite),
    ]

    /// The form of rows: as asked for, else by the ending; NDJSON on standard output.
    static func form(_ asked: IndexRequest.Format?, output: String) throws -> IndexRequest.Format {
        if output == "-" {
            if asked == .sqlite {
                throw CommandFailure(
                    .usage, "a database cannot go to standard output", cure: "name a file with --output")
            }
            return asked ?? .ndjson
        }
        if let asked { return asked }
        let name = output.lowercased()
        if let known = endings.first(where: { name.hasSuffix($0.ending) }) { return known.form }
        if name.hasSuffix(".parquet") {
            throw CommandFailure(
                .usage, "hilum writes no Parquet",
                cure: "write FILE.csv and convert it: duckdb -c \"COPY (FROM 'FILE.csv') TO 'FILE.parquet'\"")
        }
        throw CommandFailure(
            .usage, "--output \(output): its ending does not say how rows are written",
            cure: "end it in .ndjson, .csv, .tsv or .sqlite, or give --form ndjson|dicom-json|csv|tsv|sqlite")
    }

    /// `archive.errors.csv` of `archive.ndjson`.
    static func errorsFile(for output: String) -> String {
        let name = output.lowercased()
        let ending = endings.map(\.ending).filter { name.hasSuffix($0) }.max { $0.utf8.count < $1.utf8.count } ?? ""
        let stem = output.dropLast(ending.count)
        return (stem.isEmpty || stem.hasSuffix("/") ? output : String(stem)) + ".errors.csv"
    }
}

/// Names of columns as they are typed.
enum IndexTagList {
    /// `A,B` in parts. A comma within quotes, behind four hexadecimal digits or behind a quote belongs to a tag: `0018,1151`,
    /// `0019,"ACME, Inc.",23`.
    static func names(_ text: String) -> [String] {
        var names = [""]
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character == ",", !isQuoted, !isInTag(names[names.count - 1]) {
                names.append("")
            } else {
                names[names.count - 1].append(character)
            }
        }
        return names.map { $0.drop { $0 == " " } }.map { name in
            var name = name
            while name.last == " " { name = name.dropLast() }
            return String(name)
        }
    }

    private static func isInTag(_ text: String) -> Bool {
        let step = text.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        if step.hasSuffix("\"") { return true }
        let group = step.drop { $0 == " " }
        return group.utf8.count == 4 && group.allSatisfy(\.isHexDigit)
    }

    /// The keyword that may have been meant; nil where none is near.
    static func cure(for name: String) -> String? {
        let step = name.split(separator: "/").last.map(String.init) ?? name
        guard step.utf8.count > 3, !step.contains(","), !step.contains("\"") else { return nil }
        let near = IndexKeywords.near(step)
        guard !near.isEmpty else { return nil }
        return "did you mean " + near.joined(separator: " or ") + "?"
    }
}
