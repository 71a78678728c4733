import CharacterSets

/// First byte: the set; the rest: bytes to read and to write back.
func fuzzCharacterSets(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let sets: [CharacterSet] = [
        .utf8, .ascii, .gb18030, .gbk, .big5, .shiftJIS, .eucJP, .eucKR, .iso8859(1), .iso8859(15), .windows(1252),
        .dos(850), .koi8r,
    ]
    let set = sets[Int(first) % sets.count]
    let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    let text = set.decode(rest)
    let written = set.encode(text)
    if set == .utf8 { precondition(written.bytes == Array(text.utf8)) }
    _ = CharacterSet.detect(rest)
    _ = CharacterSet(name: text)
    var utf8: [UInt8] = []
    _ = set.transcode(rest, to: &utf8)
    precondition(utf8.withUnsafeBytes { CharacterSet.isValidUTF8($0) })
    precondition(utf8.count <= rest.count * 4)
}
