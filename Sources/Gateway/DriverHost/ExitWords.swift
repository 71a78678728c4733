import CPlatform
import Glibc

extension hilum_exit {
    /// How a process ended, for people.
    ///
    /// - Parameters:
    ///   - largestData: bytes of data that it was allowed; 0: no limit.
    func words(largestData: UInt64) -> String {
        var text = "it ended with exit status \(status)"
        if signal != 0 {
            let name = strsignal(signal).map { String(cString: $0) } ?? "?"
            text = "it crashed (signal \(signal), \(name))"
        }
        if largestData > 0, largest_resident >= Int64(clamping: largestData / 10 * 8) {
            text += ", having taken \(largest_resident >> 20) MiB of the \(largestData >> 20) MiB it may have"
        }
        return text
    }
}
