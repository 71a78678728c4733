import Contracts
import DICOM
import DriverWire
import ImagingModel
import Synchronization

/// C-FIND of the worklist and of the patient and study root models (PS3.4 C.4.1, K.4.1), and what C-MOVE and C-GET fetch.
final class QueryService: Sendable {
    /// Matches of one query at most: a query for everything must not fill the memory.
    private static let mostMatches = 5_000
    /// Instances of one retrieval at most.
    private static let mostInstances = 50_000
    private static let page = 500

    private let site: ImagingSite
    private let running = Mutex<[UInt64: Task<Void, Never>]>([:])

    init(_ site: ImagingSite) { self.site = site }

    /// A `find`.
    func find(_ call: Call) {
        run(call) { [self] in
            do {
                let identifier = try Self.identifier(call)
                if call.message["model"] == "worklist" {
                    try await worklist(call, identifier)
                } else {
                    try await archive(call, identifier)
                }
            } catch { refuse(call, error, otherwise: 0xC001) }
        }
    }

    /// A `retrieve`.
    func retrieve(_ call: Call) {
        run(call) { [self] in
            do { try await files(call) } catch { refuse(call, error, otherwise: 0xC001) }
        }
    }

    /// A `cancel`: PS3.4 C.4.1.1.4, FE00.
    func cancel(_ message: ServiceMessage) {
        guard let request = message["request"].flatMap({ UInt64($0) }) else { return }
        running.withLock { $0[request] }?.cancel()
    }

    /// The process has died: nobody waits any more.
    func restarted() {
        let tasks = running.withLock { running in
            defer { running.removeAll() }
            return Array(running.values)
        }
        for task in tasks { task.cancel() }
    }

    private func run(_ call: Call, _ work: @escaping @Sendable () async -> Void) {
        let id = call.message.id
        running.withLock { running in
            running[id] = Task { [weak self] in
                await work()
                self?.running.withLock { $0[id] = nil }
            }
        }
    }

    private static func identifier(_ call: Call) throws -> DataSet {
        do { return try DataSet.parse(call.message.body, .explicitLittleEndian) } catch {
            throw IdentifierRefusal(text: "the identifier cannot be read: \(error)")
        }
    }

    private func refuse(_ call: Call, _ error: any Error, otherwise status: UInt16) {
        switch error {
        case is CancellationError: call.answer(0xFE00)
        case let fault as StoreFault:
            call.answer(0xA700, "the archive cannot be read")
            site.log.error("query", metadata: ["fault": "\(fault)"])
        case is IdentifierFault, is IdentifierRefusal:
            // PS3.4 C.4.1.1.4: A900, identifier does not match SOP class.
            call.answer(0xA900, "\(error)")
            site.record("query", call.message, reason: "\(error)")
        default: call.answer(status, "\(error)")
        }
    }

    // MARK: Find

    private func worklist(_ call: Call, _ identifier: DataSet) async throws {
        var query = WorklistQuery(identifier)
        query.limit = Self.mostMatches + 1
        let entries = try await site.store.worklist(query)
        for entry in entries.prefix(Self.mostMatches) {
            try Task.checkCancellation()
            let response = Identifier.respond(identifier, from: entry.dataSet, always: Self.worklistKeys)
            call.match(response.encoded(as: .explicitLittleEndian))
        }
        end(call, entries.count)
    }

    private func archive(_ call: Call, _ identifier: DataSet) async throws {
        var query = try ImageQuery(identifier, isPatientRoot: call.message["model"] == "patient")
        query.combinesDateTime = site.settings.combinesDateTime
        query.limit = Self.page
        var count = 0
        while count <= Self.mostMatches {
            let page = try await matches(query)
            for full in page where count < Self.mostMatches {
                try Task.checkCancellation()
                var full = full
                full.set(.queryRetrieveLevel, .CS, text: query.level.word)
                full.set(.retrieveAETitle, .AE, text: site.settings.title)
                let response = Identifier.respond(
                    identifier, from: full, always: [.queryRetrieveLevel, .retrieveAETitle] + query.level.uniqueKeys)
                call.match(response.encoded(as: .explicitLittleEndian))
                count += 1
            }
            query.offset += Self.page
            if page.count < Self.page { return end(call, count) }
            if count == Self.mostMatches { count += 1 }
        }
        end(call, count)
    }

    private func matches(_ query: ImageQuery) async throws -> [DataSet] {
        switch query.level {
        case .patient: try await site.store.patients(query).map(\.dataSet)
        case .study: try await site.store.studies(query).map(\.dataSet)
        case .series: try await site.store.series(query).map(\.dataSet)
        case .instance: try await site.store.instances(query).map(\.dataSet)
        }
    }

    private func end(_ call: Call, _ count: Int) {
        if count > Self.mostMatches {
            call.answer(0xA700, "more than \(Self.mostMatches) match: ask for less")
        } else {
            call.answer(0x0000)
        }
    }

    /// Return keys of type 1 (PS3.4 Table K.6-1): given whether asked for or not.
    private static let worklistKeys: [Tag] = [.patientName, .patientID, .studyInstanceUID, .requestedProcedureID]

    // MARK: Retrieve

    private func files(_ call: Call) async throws {
        let identifier = try Self.identifier(call)
        var query = try ImageQuery(identifier, isPatientRoot: call.message["model"] == "patient")
        // PS3.4 C.4.2.1.4.1: a unique key of the level is a must; without it everything would go.
        let isNamed = query.level.uniqueAttributes.contains { query.keys[$0] != nil }
        guard isNamed else {
            throw IdentifierRefusal(text: "the identifier names no \(query.level.word) (unique key missing)")
        }
        query.level = .instance
        query.limit = Self.mostInstances
        var fields: [ServiceMessage.Field] = []
        if call.message["how"] == "move" {
            let title = call.message["destination"] ?? ""
            guard let place = destination(title) else {
                // PS3.4 C.4.2.1.5: A801, move destination unknown.
                site.record(
                    "query", call.message, reason: "C-MOVE to \"\(title)\", which is not known",
                    cure: "give the device with this AE title `host` and `port`, or add it to `move_destinations`")
                return call.answer(0xA801, "move destination \(title) is not known")
            }
            fields = [
                ServiceMessage.Field("host", place.host), ServiceMessage.Field("port", String(place.port)),
                ServiceMessage.Field("tls", place.usesTLS ? "1" : "0"),
            ]
        }
        for instance in try await site.store.instances(query) where !instance.file.path.isEmpty {
            fields.append(ServiceMessage.Field("file", instance.file.path))
            fields.append(ServiceMessage.Field("sop_class", instance.file.sopClass))
            fields.append(ServiceMessage.Field("sop_instance", instance.file.sopInstance))
            fields.append(ServiceMessage.Field("transfer_syntax", instance.file.transferSyntax))
        }
        try Task.checkCancellation()
        call.answer(0x0000, fields: fields)
    }

    private func destination(_ title: String) -> ImagingSettings.MoveDestination? {
        let settings = site.settings
        if let named = settings.moveDestinations.first(where: { $0.title == title }) { return named }
        let device = settings.devices.first { $0.title == title && !$0.host.isEmpty && $0.port > 0 }
        return device.map {
            ImagingSettings.MoveDestination(title: title, host: $0.host, port: $0.port, usesTLS: $0.usesTLS)
        }
    }
}

/// An identifier that cannot be used.
private struct IdentifierRefusal: Error, CustomStringConvertible {
    var text: String
    var description: String { text }
}

extension QueryLevel {
    /// Unique keys of the level (PS3.4 C.6.1.1).
    var uniqueAttributes: [ImageAttribute] {
        switch self {
        case .patient: [.patientID]
        case .study: [.studyInstanceUID]
        case .series: [.seriesInstanceUID]
        case .instance: [.sopInstanceUID]
        }
    }

    var uniqueKeys: [Tag] { uniqueAttributes.map(\.tag) }
}
