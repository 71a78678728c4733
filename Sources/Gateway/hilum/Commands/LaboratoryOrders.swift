import CharacterSets
import JSONText
import Orders
import Store

/// What `hilum orders` does with laboratory orders.
enum LaboratoryOrders {
    /// `hilum orders import` of a file that holds them.
    static func take(
        _ bytes: [UInt8], from file: String, encoding: String?, _ onlyChecks: Bool, _ place: StateOption,
        _ output: FormatOption
    ) async throws {
        let set = encoding.flatMap { CharacterSet(name: $0) }
        if let encoding, set == nil {
            throw CommandFailure(
                .usage, "--encoding: \"\(encoding)\" is not known",
                cure: "for example UTF-8, GB18030, ISO-8859-1, windows-1251")
        }
        let (text, orders): ([UInt8], [LaboratoryOrder])
        do {
            text = try OrderFile.utf8(bytes, encoding: set)
            orders = try OrderFile.parse(text)
        } catch {
            let fault: OrderFileFault = error
            throw CommandFailure(.wrong, "\(file): \(fault.problem)", cure: fault.cure)
        }
        let tests = orders.reduce(0) { $0 + $1.tests.count }
        if onlyChecks {
            let words = "\(orders.count) laboratory orders with \(tests) tests are well"
            return Stream.output(output.said(words, ["orders": .number(orders.count), "tests": .number(tests)]))
        }
        let result = try await place.open().carry(.importOrders(text: String(decoding: text, as: UTF8.self)))
        func count(_ key: String) -> Int { result[key]?.int ?? 0 }
        let words =
            "\(count("orders")) laboratory orders taken up: \(count("added")) tests new, \(count("known")) known,"
            + " \(count("cancelled")) cancelled"
        Stream.output(output.said(words, result))
    }

    static var listing: Listing {
        Listing(
            columns: [
                Column("specimen", "SPECIMEN", flexible: true), Column("test", "TEST", flexible: true),
                Column("state", "STATE"), Column("device", "DEVICE", flexible: true),
                Column("patient", "PATIENT", flexible: true), Column("patient_name", "NAME", flexible: true),
                Column("priority", "PRIORITY"), Column("placer", "ORDER", flexible: true),
                Column("collected_at", "COLLECTED"), Column("note", "NOTE", flexible: true),
                Column("devices", ""), Column("specimen_type", ""), Column("filler", ""), Column("ordered_at", ""),
            ], whenEmpty: "nothing is ordered")
    }

    /// A row a test.
    static func rows(_ order: LaboratoryOrder, onlyOpen: Bool) -> [[Cell]] {
        order.tests.filter { $0.state.isOpen || !onlyOpen }.map { test in
            [
                .text(order.specimenID), .text(test.code),
                .text(test.state.word, test.state == .refused ? .bad : test.state.isOpen ? .plain : .dim),
                .text(test.device), .text(order.patient.id),
                Cell(.string(order.patient.name), StudyListing.name(order.patient.name)),
                .text(order.priority.rawValue), .text(order.placer), .text(order.collectedAt), .text(test.note),
                .list(order.devices), .text(order.specimenType), .text(order.filler), .text(order.orderedAt),
            ]
        }
    }
}
