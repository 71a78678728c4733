import DICOM

/// An association that a simulated modality has requested: blocking, for one thread.
final class SimulatedAssociation {
    /// Why an association or an operation on it failed.
    struct Fault: Error, CustomStringConvertible {
        /// What happened, in words.
        var description: String
    }

    /// The peer takes part in the association, but not in this service.
    struct NotAccepted: Error, CustomStringConvertible {
        /// Name of the SOP class.
        var service: String
        /// In words.
        var description: String { "the peer does not take \(service)" }
    }

    /// A message of DIMSE (PS3.7 6.3).
    struct Message {
        /// Command set.
        var command: DataSet
        /// Data set, in the transfer syntax of its context.
        var dataSet: [UInt8]?
        /// Its presentation context.
        var context: UInt8
        /// Status (0000,0900); nil in a request.
        var status: UInt16? { command.integer(.status).map { UInt16(truncatingIfNeeded: $0) } }
    }

    /// Who calls whom, and how long a peer may be silent.
    struct Peer: Sendable {
        /// Where it listens.
        var place: HostAndPort
        /// AE title of the caller.
        var calling: String
        /// AE title called.
        var called: String
        /// Longest wait for an answer.
        var limit = Duration.seconds(60)
    }

    let peer: Peer
    /// Accepted contexts: abstract syntax and transfer syntax by number.
    private(set) var contexts: [UInt8: (abstract: String, transfer: String)] = [:]
    private let line: DeviceLine
    private let largest: Int
    private var received: [UInt8] = []
    private var lastMessage = 0
    private var partial: (command: [UInt8], data: [UInt8], commandIsWhole: Bool) = ([], [], false)
    private var waiting: [UpperLayer.Fragment] = []
    /// Event reports that came between answers.
    private(set) var events: [Message] = []

    /// Requests an association.
    ///
    /// - Parameter proposed: SOP classes with their transfer syntaxes, 128 at most.
    init(_ peer: Peer, proposed: [(abstract: String, transfers: [String])]) throws {
        self.peer = peer
        let asked = proposed.prefix(128).enumerated().map { index, context in
            UpperLayer.Context(
                id: UInt8(truncatingIfNeeded: index * 2 + 1), abstract: context.abstract, transfers: context.transfers)
        }
        guard let opened = try DeviceLine.open(.connect(peer.place), form: .init(), listener: nil) else {
            throw Fault(description: "\(peer.place.description): no connection")
        }
        line = opened
        try opened.write(
            UpperLayer.associateRequest(called: peer.called, calling: peer.calling, contexts: asked, largest: 1 << 17))
        var buffer: [UInt8] = []
        let unit = try Self.unit(from: opened, &buffer, limit: peer.limit)
        switch unit {
        case .accepted(let acceptance):
            largest = acceptance.largest
            for context in asked {
                if let transfer = acceptance.transfers[context.id] {
                    contexts[context.id] = (context.abstract, transfer)
                }
            }
        case .rejected(let result, let source, let reason):
            throw Fault(description: Self.words(result, source, reason))
        case .aborted(let source, let reason):
            throw Fault(description: "aborted by the peer (source \(source), reason \(reason))")
        case .data, .releaseRequest, .releaseResponse:
            throw Fault(description: "the peer answered with something else than an association")
        }
        received = buffer
    }

    /// The accepted context of a SOP class; nil: the peer takes none.
    func context(_ abstract: String, transfer: String? = nil) -> (id: UInt8, transfer: String)? {
        for (id, context) in contexts.sorted(by: { $0.key < $1.key }) where context.abstract == abstract {
            if transfer == nil || context.transfer == transfer { return (id, context.transfer) }
        }
        return nil
    }

    /// Sends a request and returns the answers to it, the last one last. Pending answers (FF00, FF01) come before it.
    func ask(_ command: DataSet, dataSet: [UInt8]? = nil, context: UInt8) throws -> [Message] {
        lastMessage = (lastMessage + 1) & 0x7FFF
        var command = command
        command.set(Tag(0x0000, 0x0110), .US, integer: lastMessage)
        try send(command, dataSet: dataSet, context: context)
        var answers: [Message] = []
        while true {
            guard let message = try next(limit: peer.limit) else { continue }
            guard message.command.integer(Tag(0x0000, 0x0120)) == lastMessage else { continue }
            answers.append(message)
            guard let status = message.status, status == 0xFF00 || status == 0xFF01 else { return answers }
        }
    }

    /// Puts a message on the line.
    func send(_ command: DataSet, dataSet: [UInt8]?, context: UInt8) throws {
        var command = command
        command.set(Tag(0x0000, 0x0800), .US, integer: dataSet == nil ? 0x0101 : 0x0001)
        let body = command.encoded(as: .implicitLittleEndian)
        // Command Group Length (0000,0000) comes first and counts what follows it (PS3.7 6.3.1).
        let length = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) }
        let whole: [UInt8] = [0, 0, 0, 0, 4, 0, 0, 0] + length + body
        try UpperLayer.data(whole, context: context, isCommand: true, largest: largest) { try line.write($0) }
        if let dataSet {
            try UpperLayer.data(dataSet, context: context, isCommand: false, largest: largest) { try line.write($0) }
        }
    }

    /// The next message of the peer; nil: it was an event report, which is answered and kept in `events`.
    private func next(limit: Duration) throws -> Message? {
        let end = ContinuousClock.now + limit
        while true {
            if let message = try take() {
                // N-EVENT-REPORT-RQ: 0100 (PS3.7 9.3.1).
                guard message.command.integer(Tag(0x0000, 0x0100)) == 0x0100 else { return message }
                events.append(message)
                try answer(event: message)
                return nil
            }
            let rest = end - ContinuousClock.now
            guard rest > .zero else { throw Fault(description: "no answer within \(limit.written)") }
            switch try Self.unit(from: line, &received, limit: rest) {
            case .data(let fragments): waiting += fragments
            case .releaseRequest:
                try line.write(UpperLayer.releaseResponse)
                throw Fault(description: "the peer released the association")
            case .aborted(let source, let reason):
                throw Fault(description: "aborted by the peer (source \(source), reason \(reason))")
            case .accepted, .rejected, .releaseResponse: throw Fault(description: "the peer sent a unit out of order")
            }
        }
    }

    /// A whole message from the fragments that are here; nil: more are needed.
    private func take() throws -> Message? {
        while !waiting.isEmpty {
            let fragment = waiting.removeFirst()
            if fragment.isCommand {
                partial.command += fragment.bytes
                partial.commandIsWhole = fragment.isLast
            } else {
                partial.data += fragment.bytes
            }
            guard partial.commandIsWhole, fragment.isLast else { continue }
            let command = try DataSet.parse(partial.command, .implicitLittleEndian)
            let hasData = command.integer(Tag(0x0000, 0x0800)) != 0x0101
            if fragment.isCommand, hasData { continue }
            let message = Message(
                command: command, dataSet: hasData ? partial.data : nil, context: fragment.context)
            partial = ([], [], false)
            return message
        }
        return nil
    }

    private func answer(event: Message) throws {
        var response = DataSet()
        // N-EVENT-REPORT-RSP: 8100.
        response.set(Tag(0x0000, 0x0100), .US, integer: 0x8100)
        response.set(Tag(0x0000, 0x0120), .US, integer: event.command.integer(Tag(0x0000, 0x0110)) ?? 0)
        for tag in [Tag(0x0000, 0x0002), Tag(0x0000, 0x1000)] {
            if let text = event.command.string(tag) { response.set(tag, .UI, text: text) }
        }
        response.set(Tag(0x0000, 0x1002), .US, integer: event.command.integer(Tag(0x0000, 0x1002)) ?? 0)
        response.set(.status, .US, integer: 0)
        try send(response, dataSet: nil, context: event.context)
    }

    /// Waits for an event report; nil: none came.
    func event(limit: Duration) -> Message? {
        if events.isEmpty { _ = try? next(limit: limit) }
        return events.isEmpty ? nil : events.removeFirst()
    }

    /// Releases the association (PS3.8 7.2) and closes the line.
    func release() {
        if (try? line.write(UpperLayer.releaseRequest)) != nil {
            _ = try? Self.unit(from: line, &received, limit: .seconds(5))
        }
        line.close()
    }

    /// Closes the line without a word, as a modality does that loses its power.
    func drop() { line.close() }

    private static func unit(from line: DeviceLine, _ buffer: inout [UInt8], limit: Duration) throws -> UpperLayer.Unit
    {
        let end = ContinuousClock.now + limit
        while true {
            if buffer.count >= 6 {
                let length = buffer[2..<6].reduce(0) { $0 << 8 | Int($1) }
                guard length <= UpperLayer.longest else {
                    throw Fault(description: "the peer does not speak DICOM")
                }
                if buffer.count >= 6 + length {
                    let type = buffer[0]
                    let body = buffer[6..<(6 + length)]
                    guard let unit = UpperLayer.unit(type: type, body: body) else {
                        throw Fault(description: "the peer does not speak DICOM (unit \(type))")
                    }
                    buffer.removeFirst(6 + length)
                    return unit
                }
            }
            let rest = end - ContinuousClock.now
            guard rest > .zero else { throw Fault(description: "no answer within \(limit.written)") }
            buffer += try line.read(limit: rest)
        }
    }

    /// PS3.8 9.3.4 in words.
    static func words(_ result: UInt8, _ source: UInt8, _ reason: UInt8) -> String {
        let how = result == 2 ? "refused for now" : "refused"
        let why: String
        switch (source, reason) {
        case (1, 2): why = "application context not supported"
        case (1, 3): why = "our AE title is not known there"
        case (1, 7): why = "it goes by another AE title"
        case (3, 1): why = "temporary congestion"
        case (3, 2): why = "too many associations"
        default: why = "source \(source), reason \(reason)"
        }
        return "association \(how): \(why)"
    }
}
