/// How one of the upper tables (patient, study, series) is found in and added to.
struct SQLiteLevel {
    let places: [Int]
    private let find, add: SQLiteStatement
    private let connection: SQLiteConnection
    private let hasParent: Bool

    init(_ level: SQLiteColumns.Level, _ columns: SQLiteColumns, _ connection: SQLiteConnection) throws(SQLiteFault) {
        places = columns.places[level.rawValue]
        self.connection = connection
        hasParent = level != .patient
        let parent = level == .series ? "study" : "patient"
        var names = hasParent ? [parent] : []
        names += columns.names(of: level).map { SQLiteConnection.quoted($0) }
        // The fingerprint is parameter 1, the parent 2, the values follow.
        let all =
            level == .patient ? SQLiteColumns.patient : level == .study ? SQLiteColumns.study : SQLiteColumns.series
        let absent = all.filter { !columns.names(of: level).contains($0) }.map {
            "\(SQLiteConnection.quoted($0)) IS NULL"
        }
        let same = (names.enumerated().map { "\($1) IS ?\($0 + 2)" } + absent).joined(separator: " AND ")
        find = try connection.prepare(
            "SELECT id, \(same.isEmpty ? "1" : same) FROM \(level.table) WHERE fingerprint = ?1")
        let values = names.indices.map { "?\($0 + 2)" }
        add = try connection.prepare(
            """
            INSERT INTO \(level.table) (\((["fingerprint"] + names).joined(separator: ", ")))
            VALUES (\((["?1"] + values).joined(separator: ", ")))
            """)
    }

    /// The row with these values, added when there is none.
    func number(_ row: SQLiteRow, parent: Int64, _ fingerprint: SQLiteFingerprint) throws(SQLiteFault) -> Int64 {
        var number = fingerprint.number
        while true {
            bind(find, row, parent, number)
            guard try find.step() else { break }
            let (id, isSame) = (find.integer(0), find.integer(1) == 1)
            find.reset()
            if isSame { return id }
            // Other values with the same fingerprint: the next number.
            number &+= 1
        }
        bind(add, row, parent, number)
        try add.run()
        return connection.lastRow
    }

    private func bind(
        _ statement: SQLiteStatement, _ row: SQLiteRow, _ parent: Int64, _ fingerprint: Int64
    ) {
        statement.bind(1, fingerprint)
        var index: Int32 = 2
        if hasParent {
            statement.bind(index, parent)
            index += 1
        }
        for place in places {
            statement.bind(index, row.cell(place))
            index += 1
        }
    }
}

extension SQLiteIndex {
    /// The number of the series of a row. Most rows have the series of one before them, and touch no table here.
    func series(_ row: SQLiteRow) throws(SQLiteFault) -> Int64 {
        var fingerprint = SQLiteFingerprint()
        for level in levels { for place in level.places { fingerprint.add(row.cell(place)) } }
        if let known = recent[fingerprint] { return known }
        var parent: Int64 = 0
        var chain = SQLiteFingerprint()
        for level in levels {
            for place in level.places { chain.add(row.cell(place)) }
            parent = try level.number(row, parent: parent, chain)
        }
        if recent.count >= Self.mostRecent { recent.removeAll(keepingCapacity: true) }
        recent[fingerprint] = parent
        return parent
    }
}
