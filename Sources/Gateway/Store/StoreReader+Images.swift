import Contracts
import GRDB
import ImagingModel

extension StoreReader: ImageArchive {
    /// Patients that match, by id.
    public func patients(_ query: ImageQuery) async throws -> [ArchivedPatient] {
        try await read { snapshot in
            let parts = ImageQuerySQL(query)
            let (sql, arguments) = parts.from()
            // Bare columns beside max() come from the row that has it: the newest study.
            let select = """
                SELECT s.patient_id, s.issuer, s.other_ids, s.name, s.birth, s.sex, count(*), max(s.id)\(sql)
                GROUP BY s.patient_id, s.issuer ORDER BY s.patient_id, s.issuer\(parts.page)
                """
            return try Row.fetchAll(snapshot.database, sql: select, arguments: arguments).map { row in
                var found = ArchivedPatient()
                found.patient.id = row[0]
                found.patient.issuer = row[1]
                found.patient.otherIDs = StudyColumns.values(row[2])
                found.patient.name = row[3]
                found.patient.birthDate = row[4]
                found.patient.sex = row[5]
                found.studyCount = row[6]
                return found
            }
        }
    }

    /// Studies that match, newest first.
    public func studies(_ query: ImageQuery) async throws -> [ArchivedStudy] {
        try await read { snapshot in
            let parts = ImageQuerySQL(query)
            let (sql, arguments) = parts.from()
            let select = """
                SELECT \(StudyColumns.study), s.duplicates, s.freed\(sql)
                ORDER BY s.date DESC, s.time DESC, s.id DESC\(parts.page)
                """
            var studies = try Row.fetchAll(snapshot.database, sql: select, arguments: arguments).map(StudyColumns.study)
            for place in studies.indices {
                studies[place].sopClasses = try snapshot.sopClasses(of: studies[place].number)
            }
            return studies
        }
    }

    /// Series that match, by study and number.
    public func series(_ query: ImageQuery) async throws -> [ArchivedSeries] {
        try await read { snapshot in
            let parts = ImageQuerySQL(query)
            let (sql, arguments) = parts.from()
            let select = """
                SELECT \(StudyColumns.study), \(StudyColumns.series), s.duplicates, s.freed,
                e.instance_count AS series_instances\(sql)
                ORDER BY s.date DESC, s.time DESC, s.id DESC, e.number, e.id\(parts.page)
                """
            return try Row.fetchAll(snapshot.database, sql: select, arguments: arguments).map(StudyColumns.series)
        }
    }

    /// Instances that match, by study, series and number.
    public func instances(_ query: ImageQuery) async throws -> [ArchivedInstance] {
        let folder = folder
        return try await read { snapshot in
            let parts = ImageQuerySQL(query)
            let (sql, arguments) = parts.from()
            let select = """
                SELECT \(StudyColumns.study), \(StudyColumns.series), \(StudyColumns.instance), s.duplicates, s.freed,
                e.instance_count AS series_instances\(sql)
                ORDER BY s.date DESC, s.time DESC, s.id DESC, e.number, e.id, i.number, i.id\(parts.page)
                """
            return try Row.fetchAll(snapshot.database, sql: select, arguments: arguments).map {
                StudyColumns.instance($0, folder: folder)
            }
        }
    }

    /// Files of a study, a series or an instance.
    public func files(study: String, series: String?, instance: String?) async throws -> [ArchivedFile] {
        let folder = folder
        return try await read { snapshot in
            var conditions = MatchingSQL()
            conditions.add("s.uid = ?", study)
            if let series { conditions.add("e.uid = ?", series) }
            if let instance { conditions.add("i.uid = ?", instance) }
            let sql = StudyColumns.files + conditions.clause + " ORDER BY e.number, e.id, i.number, i.id"
            return try Row.fetchAll(snapshot.database, sql: sql, arguments: conditions.arguments).map {
                StudyColumns.file($0, folder: folder)
            }
        }
    }

    /// Which of these are held, with their files.
    public func files(sopInstances: [String]) async throws -> [ArchivedFile] {
        let folder = folder
        return try await read { snapshot in
            var files: [ArchivedFile] = []
            var rest = sopInstances[...]
            while !rest.isEmpty {
                var conditions = MatchingSQL()
                conditions.any("i.uid", Array(rest.prefix(1_000)))
                rest = rest.dropFirst(1_000)
                let sql = StudyColumns.files + conditions.clause
                files += try Row.fetchAll(snapshot.database, sql: sql, arguments: conditions.arguments).map {
                    StudyColumns.file($0, folder: folder)
                }
            }
            return files
        }
    }
}

extension Snapshot {
    func sopClasses(of study: Int64) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                SELECT DISTINCT i.sop_class FROM series e JOIN instance i ON i.series = e.id WHERE e.study = ?
                ORDER BY 1 LIMIT 50
                """, arguments: [study])
    }
}
