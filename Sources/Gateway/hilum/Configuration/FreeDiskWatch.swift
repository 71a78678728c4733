import Contracts
import Glibc

/// Raises the alarm `disk-low` of the store before its disk is full. Asked every few seconds by the gateway.
struct FreeDiskWatch: Sendable {
    /// The state folder.
    let folder: String
    /// Bytes that should be free.
    let least: Int
    private var isLow = false

    init(folder: String, least: Int) {
        self.folder = folder
        self.least = least
    }

    /// Looks, and raises or clears the alarm where that changed. A tenth more than the limit must be free to clear it.
    mutating func check(_ alarms: any AlarmSink) {
        guard let free = Self.free(folder) else { return }
        if !isLow, free < Int64(least) {
            isLow = true
            alarms.raise(
                subject: "store", kind: "disk-low",
                text: "\(ByteCount.readable(free)) are free on the disk of \(folder). When it is full nothing is "
                    + "acknowledged any more: make space, or shorten `retention`")
        } else if isLow, free >= Int64(least) + Int64(least) / 10 {
            isLow = false
            alarms.clear(subject: "store", kind: "disk-low", text: "\(ByteCount.readable(free)) are free")
        }
    }

    /// Bytes that the gateway's user may still write; nil where the folder cannot be asked.
    static func free(_ folder: String) -> Int64? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }
}
