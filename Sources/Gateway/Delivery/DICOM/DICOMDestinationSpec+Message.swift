import DriverWire

extension DICOMDestinationSpec {
    /// For reasons: `PACS at 10.0.0.7:104`.
    var receiver: String { "\(called) at \(host):\(port)" }

    /// What went wrong, in one line that names the archive once.
    func reason(_ result: ServiceMessage) -> String {
        let said = (result["reason"] ?? "").printable
        let cure = (result["cure"] ?? "").printable
        let words = said.isEmpty ? "the association failed" : said
        let place = words.contains("\(host):\(port)") ? called : receiver
        return "\(place): \(words)" + (cure.isEmpty ? "" : "; \(cure)")
    }

    /// A request to the sender, as Sources/Drivers/dicom/README.md has it.
    func request(_ kind: String) -> ServiceMessage {
        var fields: [ServiceMessage.Field] = [
            .init("host", host), .init("port", "\(port)"), .init("called", called), .init("tls", usesTLS ? "1" : "0"),
            .init("timeout_seconds", "\(max(1, answerTimeout.microseconds / 1_000_000))"),
        ]
        if !calling.isEmpty { fields.append(.init("calling", calling)) }
        return ServiceMessage(kind, fields: fields)
    }

    /// What is wrong with the settings; nil: nothing. Says what to write instead.
    var problem: String? {
        if host.isEmpty { return "host: write the name or address of the archive" }
        if !(1...65_535).contains(port) { return "port: write a number from 1 to 65535" }
        for title in [called, calling] where title.utf8.count > 16 || title.contains("\\") || !title.isPrintableASCII {
            return "AE title \"\(title.printable)\": write at most 16 printable characters without a backslash"
        }
        if called.allSatisfy({ $0 == " " }) { return "AE title of the archive: write one" }
        return coercion.problem
    }
}

extension Coercion {
    /// What is wrong with the rules; nil: nothing.
    var problem: String? {
        for tag in self.set.map(\.tag) + remove where !Coercion.isTag(tag) {
            return "coercion: \"\(tag.printable)\" is no tag; write it as gggg,eeee in hexadecimal digits"
        }
        return nil
    }

    private static func isTag(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                part.count == 4 && part.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
            }
    }
}

extension String {
    fileprivate var isPrintableASCII: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }
}
