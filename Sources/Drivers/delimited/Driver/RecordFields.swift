import DriverKit
import JSONText

/// What belongs to the specimen: the same for all results of a record.
struct RecordFields {
    var specimen: Place?
    var specimenKind = ""
    var specimenType: Place?
    var rack: Place?
    var position: Place?
    var priority: Place?
    var placerID: Place?
    var collectedAt: Place?
    var patient: Place?
    var patientName: Place?
    var birthDate: Place?
    var sex: Place?
    var location: Place?
    var sender: Place?
    var comment: Place?
    var result: ResultFields

    init(_ reader: inout OptionReader, _ places: PlaceReader) throws(OptionsFault) {
        specimen = try places.place("specimen", &reader)
        specimenKind = try reader.choice("specimen_kind", ["barcode": "barcode", "number": "number"]) ?? ""
        specimenType = try places.place("specimen_type", &reader)
        rack = try places.place("rack", &reader)
        position = try places.place("position", &reader)
        priority = try places.place("priority", &reader)
        placerID = try places.place("placer_id", &reader)
        collectedAt = try places.place("collected_at", &reader)
        patient = try places.place("patient", &reader)
        patientName = try places.place("patient_name", &reader)
        birthDate = try places.place("birth_date", &reader)
        sex = try places.place("sex", &reader)
        location = try places.place("location", &reader)
        sender = try places.place("sender", &reader)
        comment = try places.place("order_comment", &reader)
        result = try ResultFields(&reader, places)
        if specimen == nil, patient == nil {
            throw OptionsFault("options: write specimen or patient: whose results are they?")
        }
    }

    /// The place without which a record has no owner.
    var owner: Place? { specimen ?? patient }
}

/// What belongs to one result.
struct ResultFields {
    var code: Place?
    var name: Place?
    var comparator: Place?
    var value: Place?
    var unit: Place?
    var range: Place?
    var flags: Place?
    var flagSeparators: [Character] = []
    var status: Place?
    var time: Place?
    var operatorID: Place?
    var instrument: Place?
    var method: Place?
    var run: Place?
    var comment: Place?

    init(_ reader: inout OptionReader, _ places: PlaceReader) throws(OptionsFault) {
        code = try places.place("code", &reader)
        name = try places.place("name", &reader)
        comparator = try places.place("comparator", &reader)
        value = try places.place("value", &reader)
        unit = try places.place("unit", &reader)
        range = try places.place("range", &reader)
        flags = try places.place("flags", &reader)
        flagSeparators = Array(try reader.text("flag_separators") ?? "")
        status = try places.place("status", &reader)
        time = try places.place("time", &reader)
        operatorID = try places.place("operator", &reader)
        instrument = try places.place("instrument", &reader)
        method = try places.place("method", &reader)
        run = try places.place("run", &reader)
        comment = try places.place("comment", &reader)
    }

    /// Everything that makes up a result: a cut in one of these is a wrong result.
    var all: [Place] {
        [code, name, comparator, value, unit, range, flags, status, time, operatorID, instrument, method, run, comment]
            .compactMap { $0 }
    }
}
