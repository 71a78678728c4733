import Foundation
import Logging

/// Log lines on standard error: time with zone, level, message, what it is about. Text that came from outside cannot
/// break a line or reach the terminal as a control.
struct SiteLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let zone: TimeZone

    init(level: Logger.Level, zone: TimeZone) {
        logLevel = level
        self.zone = zone
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = Date.now.formatted(
            Date.ISO8601FormatStyle(timeZone: zone).year().month().day().time(includingFractionalSeconds: true)
                .timeZone(separator: .colon))
        line += " \(event.level.rawValue) \(VisibleText.of(event.message.description))"
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for key in all.keys.sorted() {
            guard let value = all[key] else { continue }
            line += " \(key)=\(VisibleText.of("\(value)"))"
        }
        Stream.error(line + "\n")
    }
}
