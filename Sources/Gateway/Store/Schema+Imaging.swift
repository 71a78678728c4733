extension Schema {
    /// Migration "2": images, their queue, orders and performed steps.
    ///
    /// Names for search are folded (`NameFolding`) into `…_a`, `…_i`, `…_p`: alphabetic, ideographic, phonetic. Lists stand
    /// between backslashes: `\CT\SR\`. Paths below the state folder are relative to it.
    static let imaging = """
        -- others: Patient IDs other than patient_id that instances came with, one a line. state: StudyState.
        CREATE TABLE study (
            id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE,
            patient_id TEXT NOT NULL, issuer TEXT NOT NULL, other_ids TEXT NOT NULL, name TEXT NOT NULL,
            name_a TEXT NOT NULL, name_i TEXT NOT NULL, name_p TEXT NOT NULL, birth TEXT NOT NULL, sex TEXT NOT NULL,
            accession TEXT NOT NULL, study_id TEXT NOT NULL, date TEXT NOT NULL, time TEXT NOT NULL,
            description TEXT NOT NULL, referrer TEXT NOT NULL, referrer_key TEXT NOT NULL, institution TEXT NOT NULL,
            utc_offset TEXT NOT NULL, modalities TEXT NOT NULL, series_count INTEGER NOT NULL,
            instance_count INTEGER NOT NULL, size INTEGER NOT NULL, device INTEGER NOT NULL, calling TEXT NOT NULL,
            station TEXT NOT NULL, location TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            state INTEGER NOT NULL, due INTEGER, version INTEGER NOT NULL, reported INTEGER NOT NULL,
            hold TEXT NOT NULL, others TEXT NOT NULL, duplicates INTEGER NOT NULL, repeats INTEGER NOT NULL,
            freed INTEGER NOT NULL);
        CREATE INDEX study_patient ON study(patient_id);
        CREATE INDEX study_name ON study(name_a);
        CREATE INDEX study_accession ON study(accession) WHERE accession <> '';
        CREATE INDEX study_date ON study(date, time);
        CREATE INDEX study_due ON study(due) WHERE due IS NOT NULL;
        CREATE INDEX study_held ON study(id) WHERE state = 2;

        CREATE TABLE series (
            id INTEGER PRIMARY KEY, study INTEGER NOT NULL, uid TEXT NOT NULL, modality TEXT NOT NULL, number INTEGER,
            description TEXT NOT NULL, body_part TEXT NOT NULL, laterality TEXT NOT NULL, protocol TEXT NOT NULL,
            date TEXT NOT NULL, time TEXT NOT NULL, step_date TEXT NOT NULL, step_time TEXT NOT NULL,
            performed_step TEXT NOT NULL, procedure_id TEXT NOT NULL, step_id TEXT NOT NULL, station TEXT NOT NULL,
            location TEXT NOT NULL, manufacturer TEXT NOT NULL, model TEXT NOT NULL, serial TEXT NOT NULL,
            software TEXT NOT NULL, instance_count INTEGER NOT NULL);
        CREATE UNIQUE INDEX series_uid ON series(uid, study);
        CREATE INDEX series_study ON series(study);

        -- patient: the Patient ID it came with where that is another than the study's. path: NULL when retention has
        -- deleted the file.
        CREATE TABLE instance (
            id INTEGER PRIMARY KEY, series INTEGER NOT NULL, uid TEXT NOT NULL UNIQUE, sop_class TEXT NOT NULL,
            syntax TEXT NOT NULL, number INTEGER, frames INTEGER, rows INTEGER, columns INTEGER, bits INTEGER,
            date TEXT, time TEXT, title TEXT, path TEXT, size INTEGER NOT NULL, received INTEGER NOT NULL,
            device INTEGER NOT NULL, calling TEXT NOT NULL, patient TEXT);
        CREATE INDEX instance_series ON instance(series);
        CREATE INDEX instance_path ON instance(path) WHERE path IS NOT NULL;

        -- state: OutboxState. wish: 0 no storage commitment is asked for, 1 it is to be, 2 was asked, 3 was given.
        CREATE TABLE forward (
            id INTEGER PRIMARY KEY, instance INTEGER NOT NULL, study INTEGER NOT NULL, destination INTEGER NOT NULL,
            state INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER, created INTEGER NOT NULL, settled INTEGER,
            note TEXT, wish INTEGER NOT NULL, asked INTEGER);
        -- Few of them: each one is a page more in the commit of every instance.
        CREATE INDEX forward_waiting ON forward(study, destination, id) WHERE state = 0;
        CREATE INDEX forward_dead ON forward(study, destination) WHERE state = 2;
        CREATE INDEX forward_uncommitted ON forward(study, destination) WHERE state = 1 AND wish IN (1, 2);
        CREATE INDEX forward_instance ON forward(instance);
        CREATE TABLE forward_request (
            request TEXT NOT NULL, item INTEGER NOT NULL, asked INTEGER NOT NULL, PRIMARY KEY (request, item))
            WITHOUT ROWID;

        -- Studies whose files are being deleted: those that were received up to before.
        CREATE TABLE image_deletion (study INTEGER PRIMARY KEY, before INTEGER NOT NULL);

        -- kind: SetAside.Kind.
        CREATE TABLE set_aside (
            id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, uid TEXT NOT NULL, sop_class TEXT NOT NULL, study TEXT NOT NULL,
            syntax TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, device TEXT NOT NULL, calling TEXT NOT NULL,
            address TEXT NOT NULL, received INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL);
        CREATE INDEX set_aside_study ON set_aside(study);
        CREATE INDEX set_aside_path ON set_aside(path);
        CREATE TABLE association_failure (
            id INTEGER PRIMARY KEY, unix INTEGER NOT NULL, device TEXT NOT NULL, calling TEXT NOT NULL,
            called TEXT NOT NULL, address TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, cure TEXT NOT NULL);

        -- body: the order as a worklist data set (ImagingOrder+DataSet). sender: where it came from.
        CREATE TABLE image_order (
            id INTEGER PRIMARY KEY, accession TEXT NOT NULL, procedure_id TEXT NOT NULL, study_uid TEXT NOT NULL,
            patient_id TEXT NOT NULL, name_a TEXT NOT NULL, name_i TEXT NOT NULL, name_p TEXT NOT NULL,
            birth TEXT NOT NULL, sex TEXT NOT NULL, admission TEXT NOT NULL, placer TEXT NOT NULL, filler TEXT NOT NULL,
            referrer_key TEXT NOT NULL, expected INTEGER, created INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE INDEX image_order_accession ON image_order(accession, procedure_id);
        CREATE INDEX image_order_study ON image_order(study_uid);
        CREATE TABLE image_step (
            id INTEGER PRIMARY KEY, image_order INTEGER NOT NULL, place INTEGER NOT NULL, step_id TEXT NOT NULL,
            station_aes TEXT NOT NULL, station_name TEXT NOT NULL, date TEXT NOT NULL, time TEXT NOT NULL,
            modality TEXT NOT NULL, performer_key TEXT NOT NULL, state INTEGER NOT NULL);
        CREATE INDEX image_step_order ON image_step(image_order);
        CREATE INDEX image_step_open ON image_step(date, time) WHERE state < 3;

        CREATE TABLE performed_step (
            id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, state INTEGER NOT NULL, device TEXT NOT NULL,
            calling TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, attributes BLOB NOT NULL);
        CREATE TABLE performed_step_study (
            study TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (study, step)) WITHOUT ROWID;

        CREATE TABLE commitment_report (
            id INTEGER PRIMARY KEY, request TEXT NOT NULL, device TEXT NOT NULL, calling TEXT NOT NULL,
            called TEXT NOT NULL, event INTEGER NOT NULL, body BLOB NOT NULL, attempts INTEGER NOT NULL,
            due INTEGER NOT NULL, created INTEGER NOT NULL);
        CREATE INDEX commitment_report_due ON commitment_report(due);
        """
}
