/// A file name pattern as in a shell: `*` any run, `?` any one byte (a name is bytes, not always text). Linear in the
/// length of the name times the number of stars, without recursion.
struct NamePattern: Sendable {
    private let pattern: [UInt8]

    init(_ text: String) { pattern = Array(text.utf8) }

    func matches(_ name: some RandomAccessCollection<UInt8>) -> Bool {
        let name = Array(name)
        var at = 0
        var wanted = 0
        var star: (pattern: Int, name: Int)?
        while at < name.count {
            if wanted < pattern.count, pattern[wanted] == UInt8(ascii: "*") {
                star = (wanted, at)
                wanted += 1
            } else if wanted < pattern.count, pattern[wanted] == UInt8(ascii: "?") || pattern[wanted] == name[at] {
                wanted += 1
                at += 1
            } else if let last = star {
                // Let the last star take one more.
                star = (last.pattern, last.name + 1)
                wanted = last.pattern + 1
                at = last.name + 1
            } else {
                return false
            }
        }
        return pattern[wanted...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
