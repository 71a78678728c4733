import DriverWire
import SerialBlocks

/// Makes results of the fields of a message, in their order.
struct ResultReader {
    private struct Test {
        var code = ""
        var name = ""
        var date = ""
        var time = ""
        var word = ""
        var number = ""
        var unit = ""
        var isolate = ""
        var organism = ""
        var organismName = ""
        var biopattern = ""
        var probability = ""
        var drugs: [Drug] = []
    }
    private struct Drug {
        var code = ""
        var name = ""
        var value = ""
        var category = ""
    }

    private let options: BiomerieuxOptions
    private(set) var message: DeviceMessage
    /// Dates that are none in the order set.
    private(set) var wrongDates: [String] = []
    private var test: Test?
    private var isolate = ""

    init(_ tagged: TaggedMessage, _ options: BiomerieuxOptions) {
        self.options = options
        message = DeviceMessage(protocolName: "bioMérieux")
        readPatient(tagged)
        for field in tagged.fields {
            if field.tag == options.tags.specimen {
                // Another specimen: what follows belongs to it.
                finish()
                isolate = ""
                addOrder(field.text, tagged)
            } else if field.tag == options.tags.isolate {
                isolate = field.text
                test?.isolate = field.text
            } else {
                take(field, tagged)
            }
        }
        finish()
    }

    private mutating func readPatient(_ tagged: TaggedMessage) {
        var patient = DeviceMessage.Patient()
        patient.id = tagged.text(options.tags.patient)
        patient.name = tagged.text(options.tags.patientName)
        patient.birthDate =
            BlockTime.date(tagged.text(options.tags.birthDate), order: options.dateOrder) ?? ""
        patient.sex = tagged.text(options.tags.sex)
        patient.location = tagged.text(options.tags.location)
        message.patients.append(patient)
    }

    private mutating func addOrder(_ specimen: String, _ tagged: TaggedMessage) {
        var order = DeviceMessage.Order()
        order.patient = 0
        order.specimenID = specimen
        order.specimenType = tagged.text(options.tags.specimenType)
        message.orders.append(order)
    }

    private mutating func take(_ field: TaggedMessage.Field, _ tagged: TaggedMessage) {
        if field.tag == "rt" {
            finish()
            if message.orders.isEmpty { addOrder("", tagged) }
            test = Test(code: field.text, isolate: isolate)
            return
        }
        guard var open = test else { return }
        switch field.tag {
        case "rn": open.name = field.text
        case "td": open.date = field.text
        case "tt": open.time = field.text
        case "ql": open.word = field.text
        case "qn": open.number = field.text
        case "y3": open.unit = field.text
        case "o1": open.organism = field.text
        case "o2": open.organismName = field.text
        case "o3": open.biopattern = field.text
        case "o9": open.probability = field.text
        case "a1": open.drugs.append(Drug(code: field.text))
        case "a2": if !open.drugs.isEmpty { open.drugs[open.drugs.count - 1].name = field.text }
        case "a3": if !open.drugs.isEmpty { open.drugs[open.drugs.count - 1].value = field.text }
        case "a4": if !open.drugs.isEmpty { open.drugs[open.drugs.count - 1].category = field.text }
        default: break
        }
        test = open
    }

    /// Writes the rows of a test.
    private mutating func finish() {
        guard let done = test else { return }
        test = nil
        let date = BlockTime.date(done.date, order: options.dateOrder)
        if date == nil, !done.date.isEmpty { wrongDates.append(done.date) }
        var row = DeviceMessage.Result()
        row.order = message.orders.count - 1
        row.time = BlockTime.instant(date: date, time: BlockTime.time(done.time))
        row.subID = done.isolate
        let (plain, hasOrganism) = (row, !done.organism.isEmpty || !done.organismName.isEmpty)
        if !done.word.isEmpty || !done.number.isEmpty {
            row.code = done.code
            row.name = done.name
            row.value = done.word.isEmpty ? done.number : done.word
            row.unit = done.word.isEmpty ? done.unit : ""
            message.results.append(row)
            // The number behind a word: kept, not reported by itself.
            if !done.word.isEmpty, !done.number.isEmpty {
                row.code = "\(done.code)/qn"
                row.name = ""
                (row.value, row.unit, row.role) = (done.number, done.unit, .raw)
                message.results.append(row)
            }
        }
        if hasOrganism {
            row = plain
            row.code = done.code
            row.name = done.organismName
            row.value = done.organism.isEmpty ? done.organismName : done.organism
            // Whoever reads the result reads the name: the code alone says little.
            let said = [
                ("organism", done.organism.isEmpty ? "" : done.organismName), ("biopattern", done.biopattern),
                ("probability", done.probability),
            ]
            for (what, text) in said where !text.isEmpty {
                var comment = DeviceMessage.Comment()
                comment.text = "\(what) \(text)"
                row.comments.append(comment)
            }
            message.results.append(row)
        }
        for drug in done.drugs where !drug.code.isEmpty {
            row = plain
            row.code = drug.code
            row.name = drug.name
            row.value = drug.value.isEmpty ? drug.category : drug.value
            if !drug.category.isEmpty { row.flags = [drug.category] }
            if row.value.isEmpty {
                row.isUsable = false
                row.absentReason = "neither a concentration nor a category"
            }
            message.results.append(row)
        }
        if done.word.isEmpty, done.number.isEmpty, !hasOrganism, done.drugs.isEmpty {
            row = plain
            row.code = done.code
            row.name = done.name
            row.isUsable = false
            row.absentReason = "the message has no result for the test"
            message.results.append(row)
        }
    }
}
