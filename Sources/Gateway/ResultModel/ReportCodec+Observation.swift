extension ReportCodec {
    private struct RowFlags: OptionSet {
        var rawValue: UInt8
        /// Time as sent and as understood are those of the observation before.
        static let newTime = RowFlags(rawValue: 1)
        static let newEffective = RowFlags(rawValue: 2)
        static let flags = RowFlags(rawValue: 4)
        static let ownInterpretation = RowFlags(rawValue: 8)
        static let run = RowFlags(rawValue: 16)
        static let comments = RowFlags(rawValue: 32)
        static let replaces = RowFlags(rawValue: 64)
        static let imaging = RowFlags(rawValue: 128)
    }

    mutating func write(_ observation: Observation, isNewTime: Bool, isNewEffective: Bool) {
        var flags: RowFlags = []
        if isNewTime { flags.insert(.newTime) }
        if isNewEffective { flags.insert(.newEffective) }
        if !observation.asSent.flags.isEmpty { flags.insert(.flags) }
        if observation.interpretation != observation.asSent.flags { flags.insert(.ownInterpretation) }
        if !observation.run.isEmpty { flags.insert(.run) }
        if !observation.comments.isEmpty { flags.insert(.comments) }
        if observation.replacesEarlier { flags.insert(.replaces) }
        if observation.imaging != nil { flags.insert(.imaging) }
        writer.byte(flags.rawValue)
        writer.string(observation.asSent.value)
        write(observation.value, sent: observation.asSent.value)
        if isNewTime { writer.string(observation.asSent.time) }
        if isNewEffective { write(observation.effective) }
        if flags.contains(.flags) { writer.strings(observation.asSent.flags) }
        if flags.contains(.ownInterpretation) { writer.strings(observation.interpretation) }
        if flags.contains(.run) { writer.string(observation.run) }
        if flags.contains(.comments) { writer.strings(observation.comments) }
        if let imaging = observation.imaging { write(imaging) }
    }

    static func read(
        _ observation: inout Observation, time previousTime: String, effective: ClinicalTime?,
        _ reader: inout BinaryReader
    ) throws(ReportCodecFault) {
        let flags = RowFlags(rawValue: try reader.byte())
        observation.asSent.value = try reader.string()
        observation.value = try value(&reader, sent: observation.asSent.value, template: observation.value)
        observation.asSent.time = flags.contains(.newTime) ? try reader.string() : previousTime
        observation.effective = flags.contains(.newEffective) ? try time(&reader) : effective
        if flags.contains(.flags) { observation.asSent.flags = try reader.strings() }
        observation.interpretation =
            flags.contains(.ownInterpretation) ? try reader.strings() : observation.asSent.flags
        if flags.contains(.run) { observation.run = try reader.string() }
        if flags.contains(.comments) { observation.comments = try reader.strings() }
        observation.replacesEarlier = flags.contains(.replaces)
        if flags.contains(.imaging) { observation.imaging = try imagingContext(&reader) }
    }

    // MARK: Values

    private static let comparators: [ObservationValue.Comparator?] = [
        nil, .less, .lessOrEqual, .greaterOrEqual, .greater,
    ]
    private static let reasons: [ObservationValue.AbsentReason] = [
        .unknown, .error, .notPerformed, .notANumber, .notApplicable, .temporarilyUnknown,
    ]

    /// Low three bits: form; bit 3: the text is what was sent; above: comparator or reason.
    private mutating func write(_ value: ObservationValue, sent: String) {
        switch value {
        case .quantity(let quantity): form(0, quantity.number, sent, Self.place(quantity.comparator))
        case .ratio(let comparator, let numerator, let denominator):
            form(1, numerator, sent, Self.place(comparator))
            writer.string(denominator)
        case .range(let low, let high):
            form(2, low.number, sent)
            writer.byte(UInt8(truncatingIfNeeded: Self.place(low.comparator) | Self.place(high.comparator) << 4))
            for text in [low.unit, low.ucum, high.number, high.unit, high.ucum] { writer.string(text) }
        case .coded(let text, let coding):
            form(3, text, sent, coding == nil ? 0 : 1)
            if let coding { for text in [coding.system, coding.code, coding.display] { writer.string(text) } }
        case .text(let text): form(4, text, sent)
        case .attachment(let attachment):
            form(5, attachment.title, sent)
            writer.string(attachment.contentType)
            writer.raw(attachment.data)
        case .absent(let reason, let text): form(6, text, sent, Self.reasons.firstIndex(of: reason) ?? 0)
        }
    }

    private mutating func form(_ form: UInt8, _ text: String, _ sent: String, _ detail: Int = 0) {
        let isSame = BinaryWriter.sameBytes(text, sent)
        writer.byte(form | (isSame ? 8 : 0) | UInt8(truncatingIfNeeded: detail) << 4)
        if !isSame { writer.string(text) }
    }

    private static func place(_ comparator: ObservationValue.Comparator?) -> Int {
        switch comparator {
        case nil: 0
        case .less: 1
        case .lessOrEqual: 2
        case .greaterOrEqual: 3
        case .greater: 4
        }
    }

    private static func value(
        _ reader: inout BinaryReader, sent: String, template: ObservationValue
    ) throws(ReportCodecFault) -> ObservationValue {
        let header = try reader.byte()
        let detail = Int(header >> 4)
        let text = header & 8 != 0 ? sent : try reader.string()
        switch header & 7 {
        case 0:
            guard case .quantity(var quantity) = template else { throw reader.fault("a number without its template") }
            quantity.number = text
            quantity.comparator = try comparator(detail, reader)
            return .quantity(quantity)
        case 1:
            return .ratio(comparator: try comparator(detail, reader), numerator: text, denominator: try reader.string())
        case 2:
            let pair = try reader.byte()
            var (low, high) = (Quantity(number: text), Quantity(number: ""))
            low.comparator = try comparator(Int(pair & 15), reader)
            high.comparator = try comparator(Int(pair >> 4), reader)
            (low.unit, low.ucum) = (try reader.string(), try reader.string())
            high.number = try reader.string()
            (high.unit, high.ucum) = (try reader.string(), try reader.string())
            return .range(low: low, high: high)
        case 3:
            guard detail == 1 else { return .coded(text: text, coding: nil) }
            let (system, code, display) = (try reader.string(), try reader.string(), try reader.string())
            return .coded(text: text, coding: Coding(system: system, code: code, display: display))
        case 4: return .text(text)
        case 5:
            let contentType = try reader.string()
            return .attachment(Attachment(contentType: contentType, title: text, data: Array(try reader.raw())))
        case 6:
            guard detail < reasons.count else { throw reader.fault("no reason") }
            return .absent(reason: reasons[detail], text: text)
        default: throw reader.fault("no form of value")
        }
    }

    private static func comparator(
        _ place: Int, _ reader: BinaryReader
    ) throws(ReportCodecFault) -> ObservationValue.Comparator? {
        guard place < comparators.count else { throw reader.fault("no comparator") }
        return comparators[place]
    }
}
