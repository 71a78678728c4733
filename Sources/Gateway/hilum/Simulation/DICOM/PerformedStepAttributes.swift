import DICOM

/// Data sets by which a modality tells what it does (PS3.4 F.7.2).
enum PerformedStepAttributes {
    /// N-CREATE: the step is in progress (PS3.4 Table F.7.2-1).
    static func inProgress(_ study: SyntheticStudy, station: String) -> DataSet {
        var set = DataSet(characterSet: SpecificCharacterSet(declared: study.patient.charset))
        set.set(.modality, .CS, text: study.form.modality.rawValue)
        set.set(Tag(0x0008, 0x1032), items: [])
        set.set(Tag(0x0008, 0x1120), items: [])
        set.set(.patientName, .PN, text: study.patient.name)
        set.set(.patientID, .LO, text: study.patient.id)
        set.set(.patientBirthDate, .DA, text: study.patient.birthDate)
        set.set(.patientSex, .CS, text: study.patient.sex)
        set.set(.studyID, .SH, text: study.id)
        set.set(Tag(0x0040, 0x0241), .AE, text: station)
        set.set(Tag(0x0040, 0x0242), .SH, text: study.form.station)
        set.set(Tag(0x0040, 0x0243), .SH, text: "")
        set.set(Tag(0x0040, 0x0244), .DA, text: study.date)
        set.set(Tag(0x0040, 0x0245), .TM, text: study.time)
        set.set(Tag(0x0040, 0x0250), .DA, text: "")
        set.set(Tag(0x0040, 0x0251), .TM, text: "")
        set.set(Tag(0x0040, 0x0252), .CS, text: "IN PROGRESS")
        set.set(Tag(0x0040, 0x0253), .SH, text: "P\(study.id)")
        set.set(Tag(0x0040, 0x0254), .LO, text: study.examination.study)
        set.set(Tag(0x0040, 0x0255), .LO, text: "")
        set.set(Tag(0x0040, 0x0260), items: [])
        var scheduled = DataSet()
        scheduled.set(.accessionNumber, .SH, text: study.accession)
        scheduled.set(Tag(0x0008, 0x1110), items: [])
        scheduled.set(.studyInstanceUID, .UI, text: study.uid)
        scheduled.set(Tag(0x0032, 0x1060), .LO, text: study.examination.study)
        scheduled.set(Tag(0x0040, 0x0007), .LO, text: study.examination.study)
        scheduled.set(Tag(0x0040, 0x0008), items: [])
        scheduled.set(Tag(0x0040, 0x0009), .SH, text: study.stepID)
        scheduled.set(Tag(0x0040, 0x1001), .SH, text: study.procedureID)
        set.set(Tag(0x0040, 0x0270), items: [scheduled])
        set.set(Tag(0x0040, 0x0340), items: [])
        return set
    }

    /// N-SET: the step is completed, and this is what was made.
    static func completed(
        _ study: SyntheticStudy, now: String, instances: [(sopClass: String, sopInstance: String, series: String)]
    ) -> DataSet {
        var set = DataSet(characterSet: SpecificCharacterSet(declared: study.patient.charset))
        set.set(Tag(0x0040, 0x0250), .DA, text: String(now.prefix(8)))
        set.set(Tag(0x0040, 0x0251), .TM, text: String(now.dropFirst(8).prefix(6)))
        set.set(Tag(0x0040, 0x0252), .CS, text: "COMPLETED")
        var order: [String] = []
        var bySeries: [String: [DataSet]] = [:]
        for instance in instances {
            if bySeries[instance.series] == nil { order.append(instance.series) }
            var item = DataSet()
            item.set(Tag(0x0008, 0x1150), .UI, text: instance.sopClass)
            item.set(Tag(0x0008, 0x1155), .UI, text: instance.sopInstance)
            bySeries[instance.series, default: []].append(item)
        }
        let series = order.map { uid -> DataSet in
            var item = DataSet()
            item.set(Tag(0x0008, 0x0054), .AE, text: "")
            item.set(.seriesDescription, .LO, text: study.examination.series)
            item.set(Tag(0x0008, 0x1050), .PN, text: "")
            item.set(Tag(0x0008, 0x1070), .PN, text: "")
            item.set(Tag(0x0008, 0x1140), items: bySeries[uid] ?? [])
            item.set(Tag(0x0018, 0x1030), .LO, text: study.examination.series)
            item.set(.seriesInstanceUID, .UI, text: uid)
            item.set(Tag(0x0040, 0x0220), items: [])
            return item
        }
        set.set(Tag(0x0040, 0x0340), items: series)
        return set
    }
}

/// Identifiers by which a modality asks for its worklist (PS3.4 Table K.6-1).
enum WorklistKeys {
    /// What is scheduled for a station on a day.
    static func today(station: String, date: String) -> DataSet {
        var keys = DataSet()
        keys.set(.accessionNumber, .SH, text: "")
        keys.set(.referringPhysicianName, .PN, text: "")
        keys.set(.patientName, .PN, text: "")
        keys.set(.patientID, .LO, text: "")
        keys.set(.patientBirthDate, .DA, text: "")
        keys.set(.patientSex, .CS, text: "")
        keys.set(.studyInstanceUID, .UI, text: "")
        keys.set(Tag(0x0032, 0x1060), .LO, text: "")
        var step = DataSet()
        step.set(.modality, .CS, text: "")
        step.set(Tag(0x0040, 0x0001), .AE, text: station)
        step.set(Tag(0x0040, 0x0002), .DA, text: date)
        step.set(Tag(0x0040, 0x0003), .TM, text: "")
        step.set(Tag(0x0040, 0x0006), .PN, text: "")
        step.set(Tag(0x0040, 0x0007), .LO, text: "")
        step.set(Tag(0x0040, 0x0009), .SH, text: "")
        keys.set(Tag(0x0040, 0x0100), items: [step])
        keys.set(Tag(0x0040, 0x1001), .SH, text: "")
        return keys
    }
}
