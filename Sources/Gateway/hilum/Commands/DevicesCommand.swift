import ArgumentParser
import JSONText
import Store

/// `hilum devices`
struct DevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "The devices: how they are connected, when they were last heard, what their profiles do not know.",
        discussion: """
            EXAMPLES
              hilum devices
              hilum devices --codes                      test codes that no profile knew, by device
              hilum devices --processes                  driver processes of the running gateway
            """)

    @Flag(help: "Show the codes that profiles do not know.") var codes = false
    @Flag(help: "Show the driver processes.") var processes = false
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func validate() throws {
        if codes, processes { throw ValidationError("give --codes or --processes, not both") }
    }

    func run() async throws {
        let access = try place.open()
        if processes {
            guard let status = try ControlClient(state: access.folder).ask(.status) else {
                throw CommandFailure(.wrong, "no gateway runs on \(access.folder)", cure: "start it with hilum serve")
            }
            Stream.output(Self.processListing(status).rendered(output.format, terminal: .output))
            return
        }
        let reader = try access.reader()
        var rows = try await asking { try await reader.devices() }
        if !codes { rows = try await Self.withStudies(rows, access.configuration?.devices ?? [], reader) }
        // Only the running gateway knows who is connected; without it the list is what was heard.
        let links = ((try? ControlClient(state: access.folder).ask(.status)) ?? nil)?["links"]?.array
        let alarms = try await asking { try await reader.alarms(limit: 1000, openOnly: true) }
        let listing =
            codes
            ? Self.codeListing(rows, time: access.time)
            : Self.listing(
                rows, alarms: alarms, entries: access.configuration?.devices ?? [], links: links, time: access.time)
        Stream.output(listing.rendered(output.format, terminal: .output))
    }

    /// A modality is heard when it sends images, before a study is complete and told.
    private static func withStudies(
        _ rows: [DeviceRow], _ entries: [DeviceEntry], _ reader: StoreReader
    ) async throws -> [DeviceRow] {
        var rows = rows
        for entry in entries where entry.link.dicom != nil {
            guard let place = rows.firstIndex(where: { $0.name == entry.id }) else { continue }
            var filter = StudyFilter()
            filter.device = entry.id
            filter.includesFreed = true
            filter.limit = 10
            let query = filter
            let last = try await asking { try await reader.studies(query) }.map(\.lastReceived).max() ?? 0
            rows[place].lastSeen = last > 0 ? max(rows[place].lastSeen ?? 0, last) : rows[place].lastSeen
        }
        return rows
    }

    /// A row a device: those of the configuration first, in its order, then others that were heard once.
    ///
    /// - Parameter links: state of the links as the running gateway tells; nil: no gateway runs.
    static func listing(
        _ rows: [DeviceRow], alarms: [AlarmRow], entries: [DeviceEntry], links: [JSONValue]?, time: LocalTime
    ) -> Listing {
        var listing = Listing(
            columns: [
                Column("device", "DEVICE"), Column("profile", "PROFILE"), Column("link", "LINK", flexible: true),
                Column("state", "STATE"), Column("peers", "", flexible: true),
                Column("messages", "MESSAGES", .right), Column("results", "RESULTS", .right),
                Column("faults", "FAULTS", .right), Column("unknown_codes", "UNKNOWN CODES", .right),
                Column("last_seen", "LAST HEARD"), Column("alarms", "ALARM", flexible: true),
            ], whenEmpty: "no devices")
        let known = Dictionary(rows.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let configured = entries.map(\.id)
        let others = rows.map(\.name).filter { !configured.contains($0) }
        for name in configured + others {
            let (entry, row) = (entries.first { $0.id == name }, known[name])
            let open = alarms.filter { $0.subject == name }.map(\.text)
            let faults = row?.faults ?? 0
            let link = entry.map {
                $0.isEnabled ? $0.link.summary(device: name) : "switched off"
            }
            let live = links?.first { $0["device"]?.string == name }
            let peers = (live?["peers"]?.array ?? []).compactMap(\.string)
            listing.rows.append([
                .text(name), .text(entry?.profile),
                .text(link ?? "not configured any more", entry == nil ? .dim : .plain),
                state(live, peers: peers, isRunning: links != nil, entry), .list(peers),
                .number(row?.messages ?? 0), .number(row?.results ?? 0),
                .number(faults, faults > 0 ? .warning : .plain),
                .number(row?.unmapped.count ?? 0), row?.lastSeen.map { time.cell($0) } ?? Cell(.null, "never", .dim),
                Cell(.strings(open), open.joined(separator: "; "), .bad),
            ])
        }
        return listing
    }

    private static func state(_ live: JSONValue?, peers: [String], isRunning: Bool, _ entry: DeviceEntry?) -> Cell {
        if !isRunning { return Cell(.null, "no gateway", .dim) }
        guard let entry, entry.isEnabled else { return Cell(.string("off"), "off", .dim) }
        // A modality has no link that stays: it calls when it has something to send.
        if entry.link.dicom != nil { return .text("may call") }
        if live?["trouble"]?.string != nil { return .text("trouble", .bad) }
        return peers.isEmpty ? .text("waiting", .warning) : .text("connected", .good)
    }

    private static func codeListing(_ rows: [DeviceRow], time: LocalTime) -> Listing {
        var listing = Listing(
            columns: [
                Column("device", "DEVICE"), Column("code", "CODE", flexible: true), Column("count", "COUNT", .right),
                Column("last_seen", "LAST SEEN"),
            ], whenEmpty: "every code was known")
        for row in rows {
            for code in row.unmapped {
                listing.rows.append([
                    .text(row.name), .text(code.code), .number(code.count), time.cell(code.lastSeen),
                ])
            }
        }
        return listing
    }

    private static func processListing(_ status: JSONObject) -> Listing {
        var listing = Listing(
            columns: [
                Column("driver", "DRIVER"), Column("service", "SERVICE"), Column("device", "DEVICE"),
                Column("process", "PROCESS", .right),
                Column("resident", "MEMORY", .right), Column("instances", "CONNECTIONS", .right),
                Column("restarts", "RESTARTS", .right),
            ], whenEmpty: "no driver runs")
        listing.rows = (status["drivers"]?.array ?? []).map { process in
            func number(_ key: String) -> Int { process[key]?.int ?? 0 }
            let (device, service) = (process["device"]?.string, process["service"]?.string)
            return [
                .text(process["driver"]?.string), .text(service),
                Cell(device.map { .string($0) } ?? .null, device ?? (service == nil ? "shared" : "")),
                .number(number("process")),
                Cell(.number(number("resident")), ByteCount.readable(Int64(number("resident")))),
                .number(number("instances")), .number(number("restarts"), number("restarts") > 0 ? .warning : .plain),
            ]
        }
        return listing
    }
}
