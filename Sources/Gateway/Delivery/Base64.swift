/// RFC 4648 section 4.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Appends the encoding of `data`, padded.
    static func append(_ data: [UInt8], to bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + (data.count + 2) / 3 * 4)
        var index = 0
        while index < data.count {
            let first = data[index]
            let second = index + 1 < data.count ? data[index + 1] : 0
            let third = index + 2 < data.count ? data[index + 2] : 0
            bytes.append(alphabet[Int(first >> 2)])
            bytes.append(alphabet[Int((first & 3) << 4 | second >> 4)])
            bytes.append(index + 1 < data.count ? alphabet[Int((second & 15) << 2 | third >> 6)] : UInt8(ascii: "="))
            bytes.append(index + 2 < data.count ? alphabet[Int(third & 63)] : UInt8(ascii: "="))
            index += 3
        }
    }

    /// The encoding as text.
    static func text(_ data: [UInt8]) -> String {
        var bytes: [UInt8] = []
        append(data, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
