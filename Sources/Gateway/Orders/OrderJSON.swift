import JSONText

/// Laboratory orders as JSON (the shape is told at `OrderFile`).
enum OrderJSON {
    static func parse(_ bytes: [UInt8]) throws(OrderFileFault) -> [(place: String, order: LaboratoryOrder)] {
        let value: JSONValue
        do { value = try JSONValue(parsing: bytes) } catch {
            throw OrderFileFault("the file is no JSON: \(error)", "correct it there")
        }
        guard let list = value.array ?? value["orders"]?.array else {
            throw OrderFileFault("the file holds no list of orders", "an array, or an object with \"orders\"")
        }
        let lines = lines(of: bytes, depth: value.array == nil ? 2 : 1)
        var orders: [(place: String, order: LaboratoryOrder)] = []
        for (index, entry) in list.enumerated() {
            let line = lines.count == list.count ? "line \(lines[index]), " : ""
            let place = "\(line)order \(index + 1)"
            var reader = Reader(place, entry)
            orders.append((place, try reader.order()))
        }
        return orders
    }

    /// The lines on which the objects below `depth` brackets begin.
    private static func lines(of bytes: [UInt8], depth: Int) -> [Int] {
        var (lines, line, level, isText, isEscaped) = ([Int](), 1, 0, false, false)
        for byte in bytes {
            if byte == 0x0A { line += 1 }
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if level == depth, byte == UInt8(ascii: "{") { lines.append(line) }
                level += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): level -= 1
            default: break
            }
        }
        return lines
    }

    /// One object; keys that nobody asked for are faults, because they are spelling mistakes.
    private struct Reader {
        let place: String
        private let object: JSONObject
        private let isObject: Bool
        private var asked: Set<String> = []

        init(_ place: String, _ value: JSONValue) {
            self.place = place
            object = value.object ?? JSONObject()
            isObject = value.object != nil
        }

        mutating func text(_ key: String) throws(OrderFileFault) -> String {
            asked.insert(key)
            switch object[key] {
            case nil, .null?: return ""
            case .string(let text)?: return text.trimmed
            case .number?:
                // 00123 is no JSON number, and 123 would not be the same specimen.
                throw OrderFileFault("\(place): \"\(key)\" is a number", "write it in quotes, with its zeros")
            default: throw OrderFileFault("\(place): \"\(key)\" is no text", "write a string")
            }
        }

        mutating func list(_ key: String) throws(OrderFileFault) -> [JSONValue] {
            asked.insert(key)
            switch object[key] {
            case nil, .null?: return []
            case .array(let values)?: return values
            default: throw OrderFileFault("\(place): \"\(key)\" is no list", "write [ … ]")
            }
        }

        mutating func order() throws(OrderFileFault) -> LaboratoryOrder {
            var order = LaboratoryOrder()
            order.placer = try text("placer")
            order.filler = try text("filler")
            order.specimenID = try text("specimen_id")
            order.specimenType = try text("specimen_type")
            asked.insert("patient")
            if let value = object["patient"], value != .null {
                var reader = Reader("\(place), patient", value)
                order.patient.id = try reader.text("id")
                order.patient.name = try reader.text("name")
                order.patient.birthDate = try OrderFile.date(try reader.text("birth_date"), place)
                order.patient.sex = try OrderFile.sex(try reader.text("sex"), place)
                try reader.end()
            }
            for value in try list("tests") {
                var test = LaboratoryOrder.Test(code: value.string?.trimmed ?? "")
                if value.object != nil {
                    var reader = Reader("\(place), tests", value)
                    test.code = try reader.text("code")
                    test.name = try reader.text("name")
                    try reader.end()
                }
                guard !test.code.isEmpty else {
                    throw OrderFileFault("\(place): a test has no code", "write \"2345-7\" or {\"code\": \"2345-7\"}")
                }
                if !order.tests.contains(where: { $0.code == test.code }) { order.tests.append(test) }
            }
            order.priority = try OrderFile.priority(try text("priority"), place)
            order.action = try OrderFile.action(try text("action"), place)
            order.orderedAt = try OrderFile.time(try text("ordered_at"), place)
            order.collectedAt = try OrderFile.time(try text("collected_at"), place)
            for value in try list("devices") {
                guard let device = value.string else {
                    throw OrderFileFault(
                        "\(place): \"devices\" holds something that is no text", "write ids of devices")
                }
                order.devices.append(device)
            }
            try end()
            return order
        }

        func end() throws(OrderFileFault) {
            guard isObject else { throw OrderFileFault("\(place): is no object", "write { … }") }
            if let other = object.members.first(where: { !asked.contains($0.key) }) {
                throw OrderFileFault(
                    "\(place): \"\(other.key)\" is not known", "one of \(asked.sorted().joined(separator: ", "))")
            }
        }
    }
}
