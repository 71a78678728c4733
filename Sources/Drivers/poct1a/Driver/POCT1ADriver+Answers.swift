import DriverKit
import DriverWire
import MLLP
import POCT1A

extension POCT1ADriver {
    /// What a document of ours is, for its number.
    enum Purpose: Int {
        case acknowledgement = 1
        case request
        case directive
        case escape
    }

    /// A document of ours. Its number comes from the number of the document that it follows from, so that a driver that
    /// was started again writes the same: 10 × theirs + purpose, of a text the low digits of a hash.
    func document(_ root: String, _ purpose: Purpose, _ theirs: String, _ arrival: Arrival) -> POCT1Document {
        let base: Int
        if let number = Int(theirs), number >= 0 {
            base = number % 100_000
        } else {
            var hash: UInt32 = 0x811C_9DC5
            for byte in theirs.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
            base = Int(hash % 100_000)
        }
        let created = POCT1Time.text(unix: arrival.now.unix, utcOffset: arrival.now.utcOffset)
        return POCT1Document(root, controlID: String(base * 10 + purpose.rawValue), created: created)
    }

    /// ACK.R01 AA. What was emitted before is durable when it goes out.
    func accept(_ theirs: String, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        var document = document("ACK.R01", .acknowledgement, theirs, arrival)
        document.object("ACK", ["type_cd": "AA", "ack_control_id": theirs])
        send(document, arrival, events: &events)
    }

    /// REQ.R01: ROBS (observations), RDEV (device events).
    func request(_ code: String, _ theirs: String, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        var document = document("REQ.R01", .request, theirs, arrival)
        document.object("REQ", ["request_cd": code])
        send(document, arrival, events: &events)
    }

    /// ESC.R01 to a document that nobody here can serve (a patient's data, lists, a vendor's own).
    func escape(
        _ other: XMLElement, _ theirs: String, _ arrival: Arrival, events: inout [StreamDriverEvent]
    ) {
        // A vendor's own document may hold results all the same: then people have to know.
        let holdsResults = other.descendant("OBS") != nil
        let text =
            holdsResults
            ? "the device sent \(other.name), which is not known here, with observations in it: none of them was taken, and the "
                + "device was told so"
            : "the device sent \(other.name), which is not served here; it was told so. If it stops at that, switch the "
                + "function off on the device"
        events.append(.fault(holdsResults ? .refused : .notice, text, start: arrival.start, end: arrival.end))
        var document = document("ESC.R01", .escape, theirs, arrival)
        document.object("ESC", ["esc_control_id": theirs, "detail_cd": "OTH", "note_txt": "not served"])
        send(document, arrival, events: &events)
    }

    /// A document that is no XML: refused by number, if a number can be found in it.
    func refuse(
        unreadable bytes: [UInt8], _ fault: XMLFault, _ arrival: Arrival, events: inout [StreamDriverEvent]
    ) {
        let theirs = POCT1ADriver.controlID(in: bytes)
        let place = arrival.start &+ UInt64(max(0, min(fault.offset, bytes.count)))
        guard !theirs.isEmpty else {
            let text = "a document cannot be read: \(fault); it has no HDR.control_id that an answer could name"
            events.append(.fault(.lost, text, start: place, end: arrival.end))
            return
        }
        let text = "document \(theirs) was refused: \(fault)"
        events.append(.fault(.refused, text, start: place, end: arrival.end))
        var document = document("ACK.R01", .acknowledgement, theirs, arrival)
        document.object("ACK", ["type_cd": "AE", "ack_control_id": theirs, "note_txt": fault.description])
        send(document, arrival, events: &events)
    }

    func send(_ document: POCT1Document, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        let bytes = arrival.isWrapped ? MLLP.frame(document.bytes) : document.bytes
        events.append(.transmit(bytes, isImmediate: false))
    }

    /// HDR.control_id of a document that cannot be read as XML.
    static func controlID(in bytes: [UInt8]) -> String {
        let name = Array("<HDR.control_id".utf8)
        guard bytes.count > name.count else { return "" }
        for start in 0..<(bytes.count - name.count) where bytes[start...].starts(with: name) {
            var rest = bytes[(start + name.count)...].prefix(200)
            guard let value = rest.firstIndex(of: UInt8(ascii: "V")) else { return "" }
            rest = rest[value...].drop { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "'") }
            guard let quote = rest.first else { return "" }
            let id = rest.dropFirst().prefix { $0 != quote && $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "<") }
            return String(decoding: id.prefix(64), as: UTF8.self)
        }
        return ""
    }
}
