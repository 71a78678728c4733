import CharacterSets
import HL7v2

/// Reads a message under every choice of character set, asks for everything in it, writes it again and answers it.
func fuzzHL7v2(_ bytes: UnsafeRawBufferPointer) {
    for range in HL7Message.messages(in: bytes) { precondition(range.upperBound <= bytes.count) }
    _ = HL7Time.iso8601(bytes)
    if let path = HL7Path(String(decoding: bytes.prefix(60), as: UTF8.self)) {
        precondition(HL7Path(path.description) == path)
    }
    for choice in [HL7CharacterSetChoice.automatic, .declared, .fixed(.gb18030)] {
        guard let message = try? HL7Message(parsing: bytes, characterSet: choice) else { continue }
        var writer = HL7Writer(delimiters: message.delimiters)
        for segment in message.segments.indices.prefix(200) {
            writer.begin("NTE")
            for number in 0...min(40, message.fieldCount(of: segment) + 1) {
                let field = message.field(number, of: segment)
                precondition(field.upperBound <= message.text.count)
                let text = message.string(message.component(1, of: message.repetition(1, of: field)))
                writer.field(number, text)
            }
        }
        let written = writer.finish()
        precondition(written.count <= message.text.count * 16 + message.segments.count * 64)
        var answer = HL7Acknowledgement(.applicationError, unix: 0, utcOffset: 0)
        answer.reason = "x"
        answer.errorCode = "207"
        let back = answer.bytes(answering: message)
        precondition((try? HL7Message(parsing: back)) != nil)
    }
}
