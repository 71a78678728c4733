import LIS02

/// LIS02 assembler and parser: any text; the pieces it comes in change nothing; every path gives something.
func fuzzLIS02(_ bytes: UnsafeRawBufferPointer) {
    let text = Array(bytes)
    func messages(_ size: Int) -> [LIS02Text] {
        var assembler = LIS02Assembler(limit: 1 << 16)
        var outputs: [LIS02AssemblerOutput] = []
        var index = 0
        while index < text.count {
            let end = min(text.count, index + size)
            text[index..<end].withUnsafeBufferPointer {
                assembler.append(
                    $0, start: UInt64(index), end: UInt64(end), endsText: false, outputs: &outputs)
            }
            index = end
        }
        assembler.flush(outputs: &outputs)
        return outputs.compactMap { if case .message(let text) = $0 { text } else { nil } }
    }
    let whole = messages(max(1, text.count))
    if text.count < 1 << 16 {
        precondition(messages(1).map(\.bytes) == whole.map(\.bytes), "pieces change messages")
        precondition(messages(7).map(\.bytes) == whole.map(\.bytes), "pieces change messages")
    }
    let paths = ["H.5.2", "P.3.1", "O.3.*", "O.5[2].$", "R.3.*2", "R.4", "C.4", "Q.3.2"].compactMap { LIS02Path($0) }
    for item in whole.map(\.bytes) + [text] {
        let message = LIS02Message(utf8: item)
        for record in message.records {
            for path in paths { _ = message.string(message.span(path, in: record)) }
            for field in 0...min(record.fieldCount + 1, 40) { _ = message.repeatCount(message.field(record, field)) }
        }
    }
}
