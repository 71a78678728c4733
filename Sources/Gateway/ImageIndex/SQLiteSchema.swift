import DICOM

/// The tables of an index as a database: docs/image-index.md, "SQLite", has the picture.
enum SQLiteSchema {
    /// `PRAGMA application_id` of an index: "HilX".
    static let application: Int64 = 0x4869_6C58
    /// `PRAGMA user_version`: goes up when a table changes.
    static let version: Int64 = 1

    private typealias Level = SQLiteColumns.Level

    /// Tables of a new file. One text, run in one transaction.
    static func tables(_ columns: SQLiteColumns) -> String {
        """
        CREATE TABLE index_run (
          id INTEGER PRIMARY KEY,
          started TEXT NOT NULL,           -- ISO 8601, UTC
          ended TEXT,                      -- NULL: still running, or killed
          interrupted INTEGER NOT NULL DEFAULT 0,
          sources TEXT NOT NULL,           -- as asked for, a line each
          settings TEXT NOT NULL,          -- columns and what else decides about a row
          written INTEGER,                 -- rows and errors that this run wrote
          vanished INTEGER                 -- files that this run removed
        );
        CREATE TABLE folder (
          id INTEGER PRIMARY KEY,
          path TEXT NOT NULL,              -- as asked for and met, with a slash at the end
          raw BLOB NOT NULL DEFAULT x'',   -- the bytes of the path where they are not UTF-8
          base TEXT NOT NULL,              -- the working directory that a relative path counts from; else empty
          UNIQUE (path, raw, base)
        );
        CREATE TABLE file (
          id INTEGER PRIMARY KEY,
          folder INTEGER NOT NULL REFERENCES folder (id),
          name TEXT NOT NULL,
          raw BLOB NOT NULL DEFAULT x'',   -- the bytes of the name where they are not UTF-8
          size INTEGER,                    -- bytes; NULL: not known
          modified INTEGER,                -- nanoseconds since 1970; NULL: not known
          inode INTEGER,
          archive INTEGER REFERENCES file (id),  -- the zip file that it is an entry of; NULL: a file by itself
          run INTEGER NOT NULL REFERENCES index_run (id),  -- that read it last
          UNIQUE (folder, name, raw)
        );
        CREATE TABLE patient (
          id INTEGER PRIMARY KEY,
          \(definitions(SQLiteColumns.patient))
          differs INTEGER NOT NULL DEFAULT 0,  -- 1: this PatientID is written with other names, birth dates or sexes too
          fingerprint INTEGER NOT NULL UNIQUE
        );
        CREATE TABLE study (
          id INTEGER PRIMARY KEY,
          patient INTEGER NOT NULL REFERENCES patient (id),
          \(definitions(SQLiteColumns.study))
          differs INTEGER NOT NULL DEFAULT 0,  -- 1: files of this study disagree; each of their versions is a row
          fingerprint INTEGER NOT NULL UNIQUE
        );
        CREATE TABLE series (
          id INTEGER PRIMARY KEY,
          study INTEGER NOT NULL REFERENCES study (id),
          \(definitions(SQLiteColumns.series))
          differs INTEGER NOT NULL DEFAULT 0,  -- 1: files of this series disagree; each of their versions is a row
          fingerprint INTEGER NOT NULL UNIQUE
        );
        CREATE TABLE instance (
          file INTEGER PRIMARY KEY REFERENCES file (id),
          series INTEGER NOT NULL REFERENCES series (id),
          \(definitions(columns.instanceCells.map(\.name)))
          "Remark" TEXT
        );
        CREATE INDEX file_archive ON file (archive) WHERE archive IS NOT NULL;
        CREATE TABLE error (
          file INTEGER PRIMARY KEY REFERENCES file (id),
          "offset" INTEGER,                -- byte of the file; NULL: none
          reason TEXT NOT NULL,
          text TEXT NOT NULL
        );
        PRAGMA application_id = \(application);
        PRAGMA user_version = \(version);
        """
    }

    /// Indexes, made after the first rows are in: sorting once costs less than a million insertions.
    static let indexes = """
        CREATE INDEX IF NOT EXISTS patient_id ON patient ("PatientID");
        CREATE INDEX IF NOT EXISTS patient_name ON patient ("PatientName");
        CREATE INDEX IF NOT EXISTS study_patient ON study (patient);
        CREATE INDEX IF NOT EXISTS study_uid ON study ("StudyInstanceUID");
        CREATE INDEX IF NOT EXISTS study_date ON study ("StudyDate");
        CREATE INDEX IF NOT EXISTS study_accession ON study ("AccessionNumber");
        CREATE INDEX IF NOT EXISTS series_study ON series (study);
        CREATE INDEX IF NOT EXISTS series_uid ON series ("SeriesInstanceUID");
        CREATE INDEX IF NOT EXISTS series_modality ON series ("Modality");
        CREATE INDEX IF NOT EXISTS instance_series ON instance (series);
        CREATE INDEX IF NOT EXISTS instance_uid ON instance ("SOPInstanceUID");
        """

    /// Frames: only where they were asked for. Other columns are added to it as needed.
    static let frameTable = """
        CREATE TABLE IF NOT EXISTS frame (
          file INTEGER NOT NULL REFERENCES file (id),
          "FrameNumber" INTEGER NOT NULL,
          PRIMARY KEY (file, "FrameNumber")
        ) WITHOUT ROWID;
        """

    private static let path = "folder.path || file.name AS \"Path\""

    /// Views for people and programs that want one table; made anew when a file is opened, because their columns are those
    /// of the tables.
    ///
    /// - Parameters:
    ///   - extras: columns behind the standard ones.
    ///   - frames: columns of the table `frame`; none: there is no such table.
    static func views(_ extras: [String], frames: [String]) -> String {
        let columns = (IndexColumns.standard.names + extras).map { name in
            let level = SQLiteColumns.level(name)
            return "\(level.table).\(SQLiteConnection.quoted(name)) AS \(SQLiteConnection.quoted(name))"
        }
        let names = ["instances", "frames", "studies", "disputes", "duplicates", "errors"]
        let ofFrames = frames.filter { $0 != "file" }.map { "frame.\(SQLiteConnection.quoted($0))" }
        return names.map { "DROP VIEW IF EXISTS \($0);\n" }.joined() + flat(columns) + shared
            + (frames.isEmpty
                ? ""
                : """
                CREATE VIEW frames AS
                  SELECT \(path), instance."SOPInstanceUID" AS "SOPInstanceUID",
                    series."SeriesInstanceUID" AS "SeriesInstanceUID", \(ofFrames.joined(separator: ", "))
                  FROM frame JOIN instance ON instance.file = frame.file JOIN file ON file.id = frame.file
                  JOIN folder ON folder.id = file.folder JOIN series ON series.id = instance.series;
                """)
    }

    private static func flat(_ columns: [String]) -> String {
        """
        CREATE VIEW instances AS
          SELECT \(path), \(columns.joined(separator: ", ")), instance."Remark" AS "Remark"
          FROM instance JOIN file ON file.id = instance.file JOIN folder ON folder.id = file.folder
          JOIN series ON series.id = instance.series JOIN study ON study.id = series.study
          JOIN patient ON patient.id = study.patient;

        """
    }

    private static let shared = """
        CREATE VIEW studies AS
          SELECT "StudyInstanceUID",
            count(DISTINCT patient.id) AS "Patients",
            CASE WHEN count(DISTINCT patient.id) = 1 THEN min("PatientID") END AS "PatientID",
            CASE WHEN count(DISTINCT patient.id) = 1 THEN min("PatientName") END AS "PatientName",
            min("StudyDate") AS "StudyDate", min("AccessionNumber") AS "AccessionNumber",
            min("StudyDescription") AS "StudyDescription",
            group_concat(DISTINCT "Modality") AS "Modalities",
            count(DISTINCT "SeriesInstanceUID") AS "Series", count(*) AS "Instances", sum(file.size) AS "Bytes",
            max(study.differs) AS "Differs"
          FROM instance JOIN file ON file.id = instance.file JOIN series ON series.id = instance.series
          JOIN study ON study.id = series.study JOIN patient ON patient.id = study.patient
          GROUP BY "StudyInstanceUID";
        CREATE VIEW disputes AS
          SELECT 'patient' AS "Level", "PatientID" AS "Identifier", count(*) AS "Versions" FROM patient
            WHERE differs GROUP BY "PatientID"
          UNION ALL SELECT 'study', "StudyInstanceUID", count(*) FROM study
            WHERE differs GROUP BY "StudyInstanceUID"
          UNION ALL SELECT 'series', "SeriesInstanceUID", count(*) FROM series
            WHERE differs GROUP BY "SeriesInstanceUID";
        CREATE VIEW duplicates AS
          SELECT "SOPInstanceUID", count(*) AS "Files", min(folder.path || file.name) AS "First",
            max(folder.path || file.name) AS "Last"
          FROM instance JOIN file ON file.id = instance.file JOIN folder ON folder.id = file.folder
          WHERE "SOPInstanceUID" IS NOT NULL GROUP BY "SOPInstanceUID" HAVING count(*) > 1;
        CREATE VIEW errors AS
          SELECT \(path), error."offset" AS "Offset", error.reason AS "Reason", error.text AS "Text"
          FROM error JOIN file ON file.id = error.file JOIN folder ON folder.id = file.folder;

        """

    /// Marks what disagrees: rows of one UID (one PatientID of one issuer) that are not alike. Without an identifier there is
    /// nothing to disagree about.
    static let marks = [
        ("patient", "PatientID", " AND other.\"IssuerOfPatientID\" IS patient.\"IssuerOfPatientID\""),
        ("study", "StudyInstanceUID", ""), ("series", "SeriesInstanceUID", ""),
    ].map { table, identifier, more in
        """
        UPDATE \(table) SET differs = NOT differs WHERE differs <> EXISTS (
          SELECT 1 FROM \(table) AS other
          WHERE other."\(identifier)" = \(table)."\(identifier)" AND other.id <> \(table).id\(more));
        """
    }.joined(separator: "\n")

    /// Removes what no instance belongs to any more.
    static let orphans = """
        DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM instance WHERE instance.series = series.id);
        DELETE FROM study WHERE NOT EXISTS (SELECT 1 FROM series WHERE series.study = study.id);
        DELETE FROM patient WHERE NOT EXISTS (SELECT 1 FROM study WHERE study.patient = patient.id);
        DELETE FROM folder WHERE NOT EXISTS (SELECT 1 FROM file WHERE file.folder = folder.id);
        """

    private static func definitions(_ names: [String]) -> String {
        names.map { "\(SQLiteConnection.quoted($0)) \(SQLiteColumns.type($0))," }.joined(separator: "\n  ")
    }
}
