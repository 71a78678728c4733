import ResultModel

extension ControlRequest.StoredForm {
    /// Of a report.
    init(_ report: Report) {
        var (codec, templates) = (ReportCodec(), ReportTemplates())
        body = Self.digits(codec.encode(report, templates: &templates))
        self.templates = templates.entries(after: 0).map { Self.digits($0.bytes) }
    }

    /// The report.
    ///
    /// - Throws: `ControlFault` where it is none.
    func report() throws(ControlFault) -> Report {
        var known = ReportTemplates()
        do {
            for (index, digits) in templates.enumerated() {
                try known.load(ReportTemplates.Entry(number: index + 1, bytes: try Self.bytes(digits)))
            }
            return try ReportCodec.decode(try Self.bytes(body), id: 0, receivedAt: 0, templates: known)
        } catch {
            throw ControlFault("the correction is no report: \(error)", cure: "use the same version of hilum")
        }
    }

    private static func digits(_ bytes: [UInt8]) -> String {
        let letters = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes { text += [letters[Int(byte >> 4)], letters[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    private static func bytes(_ digits: String) throws(ControlFault) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits.utf8 {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x57
            default: throw ControlFault("not hexadecimal")
            }
            if let first = high { bytes.append(first << 4 | value) }
            high = high == nil ? value : nil
        }
        guard high == nil else { throw ControlFault("half a byte is missing") }
        return bytes
    }
}
