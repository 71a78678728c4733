import Store

/// Which conversations are read again, and how much of them.
struct ReplaySelection {
    /// Received at or after: microseconds since 1970, UTC.
    var since: Int64?
    /// Received before.
    var until: Int64?
    /// Only these messages.
    var messages: [Int64]
    /// Only these conversations.
    var conversations: [Int64]

    /// A conversation to read.
    struct Item {
        var conversation: ConversationRow
        var part: ReplayRun.Part
        var reading: DeviceReading
    }

    /// What there is to do.
    struct Work {
        /// In the order in which they began.
        var items: [Item] = []
        /// Stored messages with results among them.
        var asked = 0
    }

    /// Finds it in a store.
    ///
    /// - Throws: `CommandFailure` where something named is not there or a device cannot be read.
    func work(_ reader: StoreReader, _ site: ReplaySite) async throws -> Work {
        var readings: [String: DeviceReading] = [:]
        func reading(_ device: String) async throws -> DeviceReading {
            if let known = readings[device] { return known }
            var newest = ReportFilter()
            newest.device = device
            newest.limit = 1
            let filter = newest
            let stored = try await asking { try await reader.results(filter) }.first?.report.profile ?? ""
            let made = try site.reading(of: device, stored: stored)
            readings[device] = made
            return made
        }
        if !messages.isEmpty || !conversations.isEmpty { return try await named(reader, reading) }
        var work = Work()
        let stored = try await asking { try await reader.devices() }.map(\.name)
        for device in try site.devices(in: stored) {
            var filter = MessageFilter()
            filter.device = device
            filter.since = since
            let (counted, end) = (filter, until)
            let asked = try await asking { try await reader.countResultMessages(counted, until: end) }
            let found = try await conversations(of: device, reader)
            guard asked > 0 || !found.isEmpty else { continue }
            let how = try await reading(device)
            if how.profile.isImaging { continue }
            work.asked += asked
            for conversation in found {
                var part = ReplayRun.Part(since: since, until: until)
                if let since {
                    part.after = try await asking {
                        try await reader.idleRow(of: conversation.id, before: since)
                    }
                }
                work.items.append(Item(conversation: conversation, part: part, reading: how))
            }
        }
        return work
    }

    private func conversations(of device: String, _ reader: StoreReader) async throws -> [ConversationRow] {
        var filter = ConversationFilter()
        (filter.device, filter.since, filter.until) = (device, since, until)
        var all: [ConversationRow] = []
        while true {
            let next = filter
            let page = try await asking { try await reader.conversations(next) }
            all += page
            guard let last = page.last else { return all }
            filter.after = last.id
        }
    }

    private func named(
        _ reader: StoreReader, _ reading: (String) async throws -> DeviceReading
    ) async throws -> Work {
        var work = Work()
        func conversation(_ id: Int64) async throws -> ConversationRow {
            var filter = ConversationFilter()
            filter.id = id
            let wanted = filter
            guard let row = try await asking({ try await reader.conversations(wanted) }).first else {
                throw CommandFailure(.wrong, "there is no conversation \(id)", cure: "see hilum messages --format json")
            }
            return row
        }
        for id in conversations {
            let row = try await conversation(id)
            let kept = try await asking { try await reader.messages(of: id, rows: 0...Int64.max) }
            work.asked += kept.count { $0.message.kind == "results" }
            work.items.append(
                Item(conversation: row, part: ReplayRun.Part(), reading: try await reading(row.device)))
        }
        for id in messages {
            var filter = MessageFilter()
            (filter.after, filter.limit) = (id - 1, 1)
            let wanted = filter
            guard let message = try await asking({ try await reader.messages(wanted) }).first, message.id == id else {
                throw CommandFailure(.wrong, "there is no message \(id)", cure: "see hilum messages")
            }
            guard message.kind == "results" else {
                throw CommandFailure(.wrong, "message \(id) holds no results: it is \(message.kind)")
            }
            let row = try await conversation(message.conversation)
            var part = ReplayRun.Part(message: message)
            part.after = try await asking {
                try await reader.idleRow(of: row.id, beforeByte: message.start)
            }
            work.asked += 1
            work.items.append(Item(conversation: row, part: part, reading: try await reading(row.device)))
        }
        return work
    }
}
