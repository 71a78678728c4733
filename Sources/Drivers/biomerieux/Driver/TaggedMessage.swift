import SerialBlocks

/// The fields of a message: two characters of tag, then text.
struct TaggedMessage {
    struct Field: Equatable {
        var tag: String
        var text: String
    }

    let fields: [Field]

    /// Splits text at `|`. RS stands before each field, or where a long line was divided, or nowhere: it means nothing.
    init(_ text: String) {
        var fields: [Field] = []
        for part in text.unicodeScalars.split(separator: "|") {
            let plain = part.filter { $0.value >= 0x20 }
            guard plain.count >= 2 else { continue }
            var tag = String.UnicodeScalarView()
            tag.append(contentsOf: plain.prefix(2))
            var rest = String.UnicodeScalarView()
            rest.append(contentsOf: plain.dropFirst(2))
            fields.append(Field(tag: String(tag), text: FixedColumns.trimmed(String(rest))))
        }
        self.fields = fields
    }

    /// Kind of the message: `rsl` for results; "" if it does not begin with one.
    var kind: String { fields.first?.tag == "mt" ? fields[0].text : "" }

    /// Text of the first field with a tag, "" if there is none.
    func text(_ tag: String) -> String {
        tag.isEmpty ? "" : fields.first { $0.tag == tag && !$0.text.isEmpty }?.text ?? ""
    }
}
