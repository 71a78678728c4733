import GRDB

/// Statements that are run for each image, prepared when the first one comes.
final class ImagingStatements {
    let known: SQLStatement
    let instance: SQLStatement
    let forward: SQLStatement
    let study: SQLStatement
    let series: SQLStatement
    let studyOf: SQLStatement
    let seriesOf: SQLStatement
    let studyTotals: SQLStatement
    let studyStatus: SQLStatement
    let studyTexts: SQLStatement
    let seriesTotals: SQLStatement
    let forwardOf: SQLStatement
    let delivered: SQLStatement
    let dead: SQLStatement
    let retry: SQLStatement

    init(_ database: Database) throws {
        func prepare(_ sql: String) throws -> SQLStatement { try SQLStatement(database, sql) }
        known = try prepare("SELECT id, path IS NULL FROM instance WHERE uid = ?")
        instance = try prepare(
            """
            INSERT INTO instance (id, series, uid, sop_class, syntax, number, frames, rows, columns, bits, date, time, title,
            path, size, received, device, calling, patient) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        forward = try prepare(
            """
            INSERT INTO forward (id, instance, study, destination, state, attempts, created, wish)
            VALUES (?, ?, ?, ?, 0, 0, ?, ?)
            """)
        study = try prepare(
            """
            INSERT INTO study (id, uid, patient_id, issuer, other_ids, name, name_a, name_i, name_p, birth, sex, accession,
            study_id, date, time, description, referrer, referrer_key, institution, utc_offset, modalities, series_count,
            instance_count, size, device, calling, station, location, first, last, state, due, version, reported, hold,
            others, duplicates, repeats, freed) VALUES (?, ?, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '',
            '', '', '', 0, 0, 0, ?, ?, '', '', ?, ?, 0, NULL, 0, 0, '', '', 0, 0, 0)
            """)
        series = try prepare(
            """
            INSERT INTO series (id, study, uid, modality, number, description, body_part, laterality, protocol, date, time,
            step_date, step_time, performed_step, procedure_id, step_id, station, location, manufacturer, model, serial,
            software, instance_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
            """)
        studyOf = try prepare("SELECT id, others FROM study WHERE uid = ?")
        seriesOf = try prepare("SELECT id, instance_count FROM series WHERE uid = ? AND study = ?")
        // Apart from the status: its columns are indexed, and an index is written whether the value changes or not.
        studyTotals = try prepare(
            "UPDATE study SET modalities = ?, series_count = ?, instance_count = ?, size = ?, last = ? WHERE id = ?")
        studyStatus = try prepare(
            "UPDATE study SET state = ?, due = ?, hold = ?, others = ?, freed = 0 WHERE id = ?")
        studyTexts = try prepare(
            """
            UPDATE study SET patient_id = ?, issuer = ?, other_ids = ?, name = ?, name_a = ?, name_i = ?, name_p = ?,
            birth = ?, sex = ?, accession = ?, study_id = ?, date = ?, time = ?, description = ?, referrer = ?,
            referrer_key = ?, institution = ?, utc_offset = ?, station = ?, location = ? WHERE id = ?
            """)
        forwardOf = try prepare(
            """
            SELECT d.name, f.study, f.state, f.wish FROM forward f JOIN destination d ON d.id = f.destination
            WHERE f.id = ?
            """)
        let settled = "attempts = attempts + 1, due = NULL, settled = ?, note = ? WHERE id = ?"
        delivered = try prepare("UPDATE forward SET state = 1, " + settled)
        dead = try prepare("UPDATE forward SET state = 2, " + settled)
        retry = try prepare("UPDATE forward SET attempts = attempts + 1, due = ?, note = ? WHERE id = ?")
        seriesTotals = try prepare("UPDATE series SET instance_count = ? WHERE id = ?")
    }
}
