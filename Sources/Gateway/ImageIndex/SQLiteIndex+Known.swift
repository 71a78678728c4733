extension SQLiteIndex {
    /// Statements that only a resumed run needs.
    struct KnownStatements {
        let series, entries, faults: SQLiteStatement
        let frames: SQLiteStatement?

        init(_ connection: SQLiteConnection, hasFrames: Bool) throws(SQLiteFault) {
            frames =
                hasFrames
                ? try connection.prepare(
                    """
                    SELECT count(*) FROM frame
                    WHERE file = ?1 OR file IN (SELECT id FROM file WHERE archive = ?1)
                    """) : nil
            series = try connection.prepare(
                """
                SELECT "StudyInstanceUID", "SeriesInstanceUID", "Modality"
                FROM series JOIN study ON study.id = series.study WHERE series.id = ?1
                """)
            entries = try connection.prepare(
                "SELECT series FROM file JOIN instance ON instance.file = file.id WHERE file.archive = ?1")
            faults = try connection.prepare(
                """
                SELECT folder.path || file.name, "offset", reason, text
                FROM file JOIN error ON error.file = file.id JOIN folder ON folder.id = file.folder
                WHERE file.id = ?1 OR file.archive = ?1
                """)
        }
    }

    /// What an instance of a series counts for.
    func mark(ofSeries series: Int64) throws(SQLiteFault) -> InstanceMark {
        if let mark = marks[series] { return mark }
        let statement = knownStatements.series
        statement.bind(1, series)
        var mark = InstanceMark()
        if try statement.step() {
            statement.withBytes(0) { mark.study = InstanceMark.hash($0) }
            statement.withBytes(1) { mark.series = InstanceMark.hash($0) }
            statement.withBytes(2) { mark.modality = ModalityCode($0) }
            statement.reset()
        }
        if marks.count >= Self.mostRecent { marks.removeAll(keepingCapacity: true) }
        marks[series] = mark
        return mark
    }

    /// What the instances in an archive count for.
    func marks(ofEntriesOf file: Int64) throws(SQLiteFault) -> [InstanceMark] {
        var series: [Int64] = []
        knownStatements.entries.bind(1, file)
        while try knownStatements.entries.step() { series.append(knownStatements.entries.integer(0)) }
        var marks: [InstanceMark] = []
        for series in series { marks.append(try mark(ofSeries: series)) }
        return marks
    }

    /// Rows of frames of a file, or of the entries in it.
    func frames(of file: Int64) throws(SQLiteFault) -> Int {
        guard let statement = knownStatements.frames else { return 0 }
        statement.bind(1, file)
        defer { statement.reset() }
        return try statement.step() ? Int(statement.integer(0)) : 0
    }

    /// What was wrong with a file, or with entries of it.
    func faults(of file: Int64) throws(SQLiteFault) -> [FileFault] {
        let statement = knownStatements.faults
        statement.bind(1, file)
        var faults: [FileFault] = []
        while try statement.step() {
            let reason = statement.text(2)
            faults.append(
                FileFault(
                    path: statement.bytes(0), offset: statement.isNull(1) ? nil : Int(statement.integer(1)),
                    reason: reason, text: statement.text(3), isOfContent: !Self.passing.contains(reason)))
        }
        return faults
    }

    /// Reasons that lie in the moment, not in the bytes.
    private static let passing: Set = [
        FileFault.Reason.permission, FileFault.Reason.notRegular, FileFault.Reason.vanished, FileFault.Reason.missing,
        FileFault.Reason.loop, FileFault.Reason.shrank, FileFault.Reason.nesting, FileFault.Reason.inputOutput,
    ]
}
