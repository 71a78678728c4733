import ArgumentParser
import Imaging
import ImagingModel
import JSONText
import Orders
import Store

/// `hilum orders`
struct OrdersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orders",
        abstract: "Orders: what the modalities' worklist shows, and what analysers are given.",
        subcommands: [OrdersListCommand.self, OrdersImportCommand.self, OrdersCancelCommand.self],
        defaultSubcommand: OrdersListCommand.self)
}

/// `hilum orders import`
struct OrdersImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take up orders from a file: JSON or CSV.",
        discussion: """
            JSON: an array of orders, or an object with "orders"; each has patient {id, name, birth_date, sex}, accession,
            procedure {id, description} and steps [{modality, date, time, station_ae}]. CSV: a first line with names of
            columns (patient_id, patient_name, accession, procedure_id, station_ae, date, time, modality …), then a line a
            step. An order with the same accession number and procedure id replaces the earlier one; what a modality has
            begun stays begun.

            Laboratory orders are known by their columns: placer, specimen_id, patient_id and tests must be there (patient_name,
            birth_date, sex, specimen_type, priority, action, ordered_at, collected_at, devices, filler may be). The same order
            again changes nothing; action add and cancel do what they say. docs/operations.md has every key.

            EXAMPLES
              hilum orders import today.csv
              hilum orders import orders.json --check        only says what is wrong
              export-orders | hilum orders import -
            """)

    @Argument(help: "The file; - is standard input.", completion: .file()) var file: String
    @Flag(help: "Only read it.") var check = false
    @Option(help: "Laboratory orders: what the file is written in, where it is not UTF-8 or GB 18030.")
    var encoding: String?
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let bytes = try CaptureFile.bytes(file)
        if OrderFile.isLaboratory(bytes) {
            return try await LaboratoryOrders.take(
                bytes, from: file, encoding: encoding, check, place, output)
        }
        let orders: [ImagingOrder]
        do {
            orders = try ImagingOrders.parse(bytes)
        } catch {
            let fault: ImagingOrderFault = error
            throw CommandFailure(.wrong, "\(file): \(fault.problem)", cure: fault.cure)
        }
        var steps = orders.reduce(0) { $0 + $1.steps.count }
        var count = orders.count
        if !check {
            let result = try await place.open().carry(.importOrders(text: String(decoding: bytes, as: UTF8.self)))
            count = result["orders"]?.int ?? count
            steps = result["steps"]?.int ?? steps
        }
        let words = "\(count) orders with \(steps) steps \(check ? "are well" : "taken up")"
        Stream.output(output.said(words, ["orders": .number(count), "steps": .number(steps)]))
    }
}

/// `hilum orders [list]`
struct OrdersListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List scheduled steps, by date and time.",
        discussion: """
            EXAMPLES
              hilum orders                              what modalities may still start
              hilum orders --station CT1 --date 2026-11-23
              hilum orders --all --patient 0012345
              hilum orders list --laboratory            what analysers are given, and where each test stands
              hilum orders list --laboratory --specimen 00123 --all
            """)

    @Flag(help: "Laboratory orders, a line a test.") var laboratory = false
    @Option(help: "Only this specimen (--laboratory).") var specimen: String?
    @Option(help: "Only this order number of the orderer (--laboratory).") var placer: String?

    @Option(help: "Only this Patient ID.") var patient: String?
    @Option(help: "Only this accession number.") var accession: String?
    @Option(help: "Only this modality.") var modality: String?
    @Option(help: "Only steps for this AE title.") var station: String?
    @Option(help: "Only this day: 2026-11-23.") var date: String?
    @Flag(help: "What was completed, discontinued or cancelled as well.") var all = false
    @Option(help: "At most so many.") var limit = 200
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let reader = try place.open().reader()
        if laboratory || specimen != nil || placer != nil {
            let orders = try await asking { [specimen, patient, placer, all, limit] in
                try await reader.laboratoryOrders(
                    specimen: specimen, patient: patient, placer: placer, onlyOpen: !all, limit: limit)
            }
            var listing = LaboratoryOrders.listing
            listing.rows = orders.flatMap { LaboratoryOrders.rows($0, onlyOpen: !all) }
            return Stream.output(listing.rendered(output.format, terminal: .output))
        }
        var query = WorklistQuery()
        func key(_ key: WorklistQuery.Key, _ text: String?) { if let text { query.keys[key] = .single(text) } }
        key(.patientID, patient)
        key(.accession, accession)
        key(.modality, modality)
        key(.stationAE, station)
        key(.date, try StudiesListCommand.date(date, "--date"))
        query.onlyOpen = !all
        query.limit = max(0, limit)
        let asked = query
        var listing = Self.listing
        listing.rows = try await asking { try await reader.worklist(asked) }.map(Self.row)
        Stream.output(listing.rendered(output.format, terminal: .output))
    }

    static var listing: Listing {
        Listing(
            columns: [
                Column("date", "DATE"), Column("time", "TIME"), Column("station_ae", "STATION", flexible: true),
                Column("modality", "MODALITY"), Column("patient_id", "PATIENT", flexible: true),
                Column("patient_name", "NAME", flexible: true), Column("accession", "ACCESSION", flexible: true),
                Column("procedure", "PROCEDURE", flexible: true), Column("step", "STEP", flexible: true),
                Column("description", "WHAT", flexible: true), Column("state", "STATE"), Column("study", ""),
            ], whenEmpty: "nothing is scheduled")
    }

    static func row(_ entry: WorklistEntry) -> [Cell] {
        let (order, step) = (entry.order, entry.step)
        let time = step.time.count >= 4 ? "\(step.time.prefix(2)):\(step.time.dropFirst(2).prefix(2))" : step.time
        let what = step.description.isEmpty ? order.procedureDescription : step.description
        return [
            Cell(.string(step.date), StudyListing.date(step.date)), Cell(.string(step.time), time),
            .list(step.stationAEs), .text(step.modality), .text(order.patient.id),
            Cell(.string(order.patient.name), StudyListing.name(order.patient.name)), .text(order.accession),
            .text(order.procedureID), .text(step.id), .text(what),
            .text(step.state.word.lowercased(), step.state.isOpen ? .plain : .dim), .text(order.studyUID),
        ]
    }
}

/// `hilum orders cancel`
struct OrdersCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Take an order out of the worklist, or back from the analysers.",
        discussion: """
            EXAMPLES
              hilum orders cancel A4711 --note "patient did not come"
              hilum orders cancel PL77 --laboratory --test 2345-7 --note "wrong tube"
            """)

    @Argument(help: "Accession number; with --laboratory the orderer's number.") var accession: String
    @Flag(help: "A laboratory order.") var laboratory = false
    @Option(help: "Only on this specimen (--laboratory).") var specimen: String?
    @Option(help: "Only this test, as ordered (--laboratory).") var test: String?
    @OptionGroup var person: PersonOption
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        if laboratory {
            let result = try await place.open().carry(
                .cancelLaboratoryOrder(
                    placer: accession, specimen: specimen ?? "", test: test ?? "", person.person()))
            let tests = result["tests"]?.int ?? 0
            return Stream.output(
                output.said("order \(accession) is cancelled, \(tests) tests", ["tests": .number(tests)]))
        }
        let result = try await place.open().carry(.cancelOrder(accession: accession, person.person()))
        let steps = result["steps"]?.int ?? 0
        Stream.output(output.said("order \(accession) is cancelled, \(steps) steps", ["steps": .number(steps)]))
    }
}
