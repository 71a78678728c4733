import CharacterSets

/// MSA-1 (HL7 table 0008).
public enum HL7AcknowledgementCode: String, Sendable, CaseIterable {
    /// Application accept: original mode, or the application's word in enhanced mode.
    case applicationAccept = "AA"
    /// Application error: the message could not be read or used.
    case applicationError = "AE"
    /// Application reject: type, event or version is not taken here, or the receiver is out of order.
    case applicationReject = "AR"
    /// Accept acknowledgement of enhanced mode: it is kept safely.
    case commitAccept = "CA"
    /// Enhanced mode: it could not be kept.
    case commitError = "CE"
    /// Enhanced mode: not taken here.
    case commitReject = "CR"

    /// True for AA and CA.
    public var isPositive: Bool { self == .applicationAccept || self == .commitAccept }
}

/// The answer to a message (HL7 v2.5.1, 2.14.1 ACK): MSH and MSA, ERR where there is something to say.
///
/// Sender and receiver are exchanged, MSA-2 is their MSH-10, version and character set are theirs, unless set otherwise.
public struct HL7Acknowledgement: Sendable {
    /// What MSH-9 says beside `ACK`.
    public enum EventStyle: Sendable, Hashable {
        /// `ACK^R01` up to version 2.3.1, `ACK^R01^ACK` from 2.4 on.
        case byVersion
        /// `ACK`
        case plain
        /// `ACK^R01`
        case event
        /// `ACK^R01^ACK`
        case structure
    }

    /// MSA-1.
    public var code: HL7AcknowledgementCode
    /// Our MSH-10; empty: theirs.
    public var controlID = ""
    /// Why not: MSA-3 and, from version 2.5 on, ERR-8. Empty: nothing is said.
    public var reason = ""
    /// HL7 table 0357, for ERR-3: 100 segment sequence, 101 field missing, 102 data type, 103 table value, 200 message type,
    /// 201 event, 202 processing id, 203 version, 204 unknown key, 207 internal. Empty: no ERR.
    public var errorCode = ""
    /// MSH-7: microseconds since 1970, UTC.
    public var unix: Int64
    /// Seconds east of UTC.
    public var utcOffset: Int32
    /// Whether MSH-7 has the zone.
    public var hasZone = true
    /// What MSH-9 says.
    public var eventStyle = EventStyle.byVersion
    /// MSH-12; empty: theirs.
    public var version = ""
    /// Character set of the bytes; nil: the one their message was read in.
    public var characterSet: CharacterSet?
    /// MSH-3 and MSH-4; nil: their MSH-5 and MSH-6.
    public var sender: (application: String, facility: String)?
    /// Further fields by path, in any order: `MSA-6` = `0`. Only of MSH and MSA; a field that is written anyway is replaced.
    public var fields: [(path: HL7Path, text: String)] = []

    /// An answer.
    public init(_ code: HL7AcknowledgementCode, unix: Int64, utcOffset: Int32) {
        self.code = code
        self.unix = unix
        self.utcOffset = utcOffset
    }

    /// The answer to a message, without framing.
    public func bytes(answering message: HL7Message) -> [UInt8] {
        let set = characterSet ?? (message.characterSet == .ascii ? .utf8 : message.characterSet)
        var writer = HL7Writer(characterSet: set, delimiters: message.delimiters, capacity: 256)
        let theirVersion = message.header(12)
        let version = version.isEmpty ? theirVersion : version
        writer.begin("MSH")
        writeHeader(to: &writer, message, version: version)
        writer.begin("MSA")
        fill(
            &writer, .msa,
            [
                (1, code.rawValue), (2, message.header(10)), (3, reason),
            ])
        if !errorCode.isEmpty { writeError(to: &writer, version: version) }
        return writer.finish()
    }

    private func writeHeader(to writer: inout HL7Writer, _ message: HL7Message, version: String) {
        var time: [UInt8] = []
        HL7Time.append(unix: unix, utcOffset: utcOffset, zone: hasZone, to: &time)
        let separator = String(Character(Unicode.Scalar(message.delimiters.component)))
        let type = messageType(message.string(HL7Message.eventPath, in: 0), version: version)
            .joined(separator: separator)
        var parts: [(Int, String)] = []
        if let sender {
            parts = [(3, sender.application), (4, sender.facility)]
        } else {
            parts = [(3, message.header(5)), (4, message.header(6))]
        }
        parts += [
            (5, message.header(3)), (6, message.header(4)), (7, String(decoding: time, as: UTF8.self)), (9, type),
            (10, controlID.isEmpty ? message.header(10) : controlID), (11, message.header(11)), (12, version),
            (18, characterSet?.hl7Name ?? message.header(18)),
        ]
        fill(&writer, .msh, parts)
    }

    /// Fields in rising order; those of `fields` replace or join them. MSH-3…6, 9 and 18 may hold components.
    private func fill(_ writer: inout HL7Writer, _ segment: HL7SegmentName, _ parts: [(number: Int, text: String)]) {
        var parts = parts
        for (path, text) in fields where path.segment == segment {
            parts.removeAll { $0.number == path.field }
            parts.append((path.field, text))
        }
        parts.sort { $0.number < $1.number }
        let separator = Character(Unicode.Scalar(writer.delimiters.component))
        for (number, text) in parts where !text.isEmpty {
            writer.field(number)
            if segment == .msa, number == 3 {
                writer.text(text)
                continue
            }
            for (index, component) in text.split(separator: separator, omittingEmptySubsequences: false).enumerated() {
                writer.component(index + 1)
                writer.text(String(component))
            }
        }
    }

    private func messageType(_ event: String, version: String) -> [String] {
        if event.isEmpty { return ["ACK"] }
        switch eventStyle {
        case .plain: return ["ACK"]
        case .event: return ["ACK", event]
        case .structure: return ["ACK", event, "ACK"]
        case .byVersion: return HL7Acknowledgement.isAtLeast(version, 2, 4) ? ["ACK", event, "ACK"] : ["ACK", event]
        }
    }

    private func writeError(to writer: inout HL7Writer, version: String) {
        writer.begin("ERR")
        if HL7Acknowledgement.isAtLeast(version, 2, 5) {
            writer.field(3)
            writer.text(errorCode)
            writer.component(3, "HL70357")
            writer.field(4, "E")
            writer.field(8, reason)
        } else {
            // ERR-1.4 in versions up to 2.4: code^text^table.
            writer.field(1)
            writer.component(4)
            writer.text(errorCode)
            writer.subcomponent(2)
            writer.text(reason)
            writer.subcomponent(3)
            writer.text("HL70357")
        }
    }

    /// Whether a version is at least `major.minor`; an unreadable one is not.
    static func isAtLeast(_ version: String, _ major: Int, _ minor: Int) -> Bool {
        let numbers = version.split(separator: ".").prefix(2).compactMap { Int($0.prefix(3)) }
        guard let first = numbers.first else { return false }
        let second = numbers.count > 1 ? numbers[1] : 0
        return first > major || first == major && second >= minor
    }
}

extension HL7Message {
    static let eventPath = HL7Path(.msh, field: 9, component: 2)

    /// A field of MSH as text, components and all; the first repetition. Escapes are resolved, except that a field with
    /// components keeps its separators.
    public func header(_ number: Int) -> String { string(repetition(1, of: field(number, of: 0))) }
}
