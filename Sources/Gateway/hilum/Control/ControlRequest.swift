import JSONText

/// What a command asks of a running gateway: one JSON object on one line of the control socket.
enum ControlRequest: Sendable, Equatable {
    /// Who a person is and why he or she acts: kept with the action.
    struct Person: Sendable, Equatable {
        /// Name, from the operating system unless told otherwise.
        var who: String
        /// Note.
        var note: String
    }

    /// A report on its way over the socket: `ReportCodec`'s bytes and templates, in hexadecimal digits.
    struct StoredForm: Sendable, Equatable {
        var body: String
        var templates: [String]
    }

    /// What the gateway is doing.
    case status
    /// Send an item of the queue again.
    case resend(item: Int64, Person)
    /// Never send an item.
    case discard(item: Int64, Person)
    /// Post a held report.
    case release(report: Int64, Person)
    /// Post a report as the correction of one that was given out: its stored form, and the templates that this refers to.
    case correct(report: Int64, with: StoredForm, Person)
    /// Read configuration and profiles again.
    case reload
    /// Never post a held report.
    case drop(report: Int64, Person)
    /// Send a study's images to an archive again: those that failed, or all.
    case resendImages(study: String, destination: String, onlyFailed: Bool, Person)
    /// Never send what failed of a study to an archive.
    case discardImages(study: String, destination: String, Person)
    /// Let a held study go to the EMR.
    case releaseStudy(study: String, Person)
    /// Take up imaging orders: the text of a file.
    case importOrders(text: String)
    /// Take an order out of the worklist.
    case cancelOrder(accession: String, Person)
    /// The tests of a laboratory order are not wanted any more; empty `specimen` and `test`: all of them.
    case cancelLaboratoryOrder(placer: String, specimen: String, test: String, Person)

    /// The same request of somebody whose name is known better.
    func by(_ name: (Person) -> String) -> ControlRequest {
        func named(_ person: Person) -> Person { Person(who: name(person), note: person.note) }
        switch self {
        case .status, .reload, .importOrders: return self
        case .resend(let item, let person): return .resend(item: item, named(person))
        case .discard(let item, let person): return .discard(item: item, named(person))
        case .release(let report, let person): return .release(report: report, named(person))
        case .drop(let report, let person): return .drop(report: report, named(person))
        case .correct(let report, let form, let person): return .correct(report: report, with: form, named(person))
        case .resendImages(let study, let destination, let onlyFailed, let person):
            return .resendImages(study: study, destination: destination, onlyFailed: onlyFailed, named(person))
        case .discardImages(let study, let destination, let person):
            return .discardImages(study: study, destination: destination, named(person))
        case .releaseStudy(let study, let person): return .releaseStudy(study: study, named(person))
        case .cancelOrder(let accession, let person): return .cancelOrder(accession: accession, named(person))
        case .cancelLaboratoryOrder(let placer, let specimen, let test, let person):
            return .cancelLaboratoryOrder(placer: placer, specimen: specimen, test: test, named(person))
        }
    }

    /// The word for it.
    var command: String {
        switch self {
        case .status: "status"
        case .resend: "resend"
        case .discard: "discard"
        case .release: "release"
        case .reload: "reload"
        case .drop: "drop"
        case .correct: "correct"
        case .resendImages: "resend-images"
        case .discardImages: "discard-images"
        case .releaseStudy: "release-study"
        case .importOrders: "import-orders"
        case .cancelOrder: "cancel-order"
        case .cancelLaboratoryOrder: "cancel-laboratory-order"
        }
    }

    /// As it goes over the socket.
    var json: JSONValue {
        var object: JSONObject = ["command": .string(command)]
        func put(_ person: Person) {
            object["who"] = .string(person.who)
            object["note"] = .string(person.note)
        }
        switch self {
        case .status, .reload: break
        case .resend(let item, let person), .discard(let item, let person):
            object["item"] = .number(item)
            put(person)
        case .release(let report, let person), .drop(let report, let person):
            object["report"] = .number(report)
            put(person)
        case .correct(let report, let form, let person):
            object["report"] = .number(report)
            object["body"] = .string(form.body)
            object["templates"] = .strings(form.templates)
            put(person)
        case .resendImages(let study, let destination, let onlyFailed, let person):
            object["study"] = .string(study)
            object["destination"] = .string(destination)
            object["only_failed"] = .bool(onlyFailed)
            put(person)
        case .discardImages(let study, let destination, let person):
            object["study"] = .string(study)
            object["destination"] = .string(destination)
            put(person)
        case .releaseStudy(let study, let person):
            object["study"] = .string(study)
            put(person)
        case .importOrders(let text): object["text"] = .string(text)
        case .cancelOrder(let accession, let person):
            object["accession"] = .string(accession)
            put(person)
        case .cancelLaboratoryOrder(let placer, let specimen, let test, let person):
            object["placer"] = .string(placer)
            object["specimen"] = .string(specimen)
            object["test"] = .string(test)
            put(person)
        }
        return .object(object)
    }

    /// Reads a line.
    ///
    /// - Throws: `ControlFault` with what is wrong with it.
    init(_ json: JSONValue) throws(ControlFault) {
        func number(_ key: String) throws(ControlFault) -> Int64 {
            guard let value = json[key]?.int else { throw ControlFault("\"\(key)\" is missing or no number") }
            return Int64(value)
        }
        func text(_ key: String) throws(ControlFault) -> String {
            guard let value = json[key]?.string else { throw ControlFault("\"\(key)\" is missing or no text") }
            return value
        }
        let person = Person(who: json["who"]?.string ?? "", note: json["note"]?.string ?? "")
        switch json["command"]?.string {
        case "status": self = .status
        case "reload": self = .reload
        case "resend": self = .resend(item: try number("item"), person)
        case "discard": self = .discard(item: try number("item"), person)
        case "release": self = .release(report: try number("report"), person)
        case "drop": self = .drop(report: try number("report"), person)
        case "correct":
            let templates = (json["templates"]?.array ?? []).compactMap(\.string)
            self = .correct(
                report: try number("report"), with: StoredForm(body: try text("body"), templates: templates), person)
        case "resend-images":
            self = .resendImages(
                study: try text("study"), destination: try text("destination"),
                onlyFailed: json["only_failed"]?.bool ?? true, person)
        case "discard-images":
            self = .discardImages(study: try text("study"), destination: try text("destination"), person)
        case "release-study": self = .releaseStudy(study: try text("study"), person)
        case "import-orders": self = .importOrders(text: try text("text"))
        case "cancel-order": self = .cancelOrder(accession: try text("accession"), person)
        case "cancel-laboratory-order":
            self = .cancelLaboratoryOrder(
                placer: try text("placer"), specimen: try text("specimen"), test: try text("test"), person)
        case let word: throw ControlFault("unknown command \"\(word ?? "")\"", cure: "use the same version of hilum")
        }
    }
}

/// Why a request was not carried out.
struct ControlFault: Error, Sendable, Equatable {
    /// What is wrong.
    var problem: String
    /// What to do.
    var cure: String

    init(_ problem: String, cure: String = "") {
        self.problem = problem
        self.cure = cure
    }
}

/// What came of a request.
enum ControlReply {
    /// As it goes over the socket.
    static func json(_ result: Result<JSONObject, ControlFault>) -> JSONValue {
        switch result {
        case .success(let object): return .object(["ok": .bool(true), "result": .object(object)])
        case .failure(let fault):
            return .object(["ok": .bool(false), "problem": .string(fault.problem), "cure": .string(fault.cure)])
        }
    }

    /// Reads a line.
    static func read(_ json: JSONValue) -> Result<JSONObject, ControlFault> {
        if json["ok"]?.bool == true { return .success(json["result"]?.object ?? JSONObject()) }
        let problem = json["problem"]?.string ?? "the gateway gave no reason"
        return .failure(ControlFault(problem, cure: json["cure"]?.string ?? ""))
    }
}
