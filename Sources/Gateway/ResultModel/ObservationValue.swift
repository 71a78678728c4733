/// A value in one of the forms that FHIR R4 `value[x]` and HL7 v2 OBX-2 can carry. Numbers stay decimal text: no binary
/// floating point between the device and the chart.
public enum ObservationValue: Sendable, Equatable {
    /// A number, with comparator where the true value lies beyond it.
    case quantity(Quantity)
    /// A titre or ratio: 1:160, with comparator on the whole (`>1:1280`).
    case ratio(comparator: Comparator?, numerator: String, denominator: String)
    /// An interval: 3-5.
    case range(low: Quantity, high: Quantity)
    /// A word or grade with a place in an order: `+++`, `NEG`, `trace`.
    case coded(text: String, coding: Coding?)
    /// Words.
    case text(String)
    /// A graph, an image, a document.
    case attachment(Attachment)
    /// No value, and why. `text` is what the device sent instead.
    case absent(reason: AbsentReason, text: String)

    /// FHIR R4 quantity-comparator.
    public enum Comparator: String, Sendable {
        /// Below.
        case less = "<"
        /// Below or equal.
        case lessOrEqual = "<="
        /// Above or equal.
        case greaterOrEqual = ">="
        /// Above.
        case greater = ">"
    }

    /// FHIR R4 data-absent-reason.
    public enum AbsentReason: String, Sendable {
        /// Not said.
        case unknown
        /// The device could not measure.
        case error
        /// Not asked, cancelled.
        case notPerformed = "not-performed"
        /// Not a number although one was due.
        case notANumber = "not-a-number"
        /// Not applicable.
        case notApplicable = "not-applicable"
        /// For some time.
        case temporarilyUnknown = "temporarily-unknown"
    }
}

/// A number with unit.
public struct Quantity: Sendable, Equatable {
    /// Decimal as text, full stop, no exponent, digits as they are to be shown.
    public var number: String
    /// Comparator, or nil.
    public var comparator: ObservationValue.Comparator?
    /// Unit for people.
    public var unit: String
    /// UCUM code; empty when not known.
    public var ucum: String

    /// A quantity from its parts.
    public init(number: String, comparator: ObservationValue.Comparator? = nil, unit: String = "", ucum: String = "") {
        self.number = number
        self.comparator = comparator
        self.unit = unit
        self.ucum = ucum
    }
}

/// A graph, an image, a document that a device sent.
public struct Attachment: Sendable, Equatable {
    /// MIME type: `image/bmp`, `application/pdf`; empty when only a name was sent.
    public var contentType: String
    /// Name or title.
    public var title: String
    /// Contents; empty when only a name was sent.
    public var data: [UInt8]
    /// An attachment from its parts.
    public init(contentType: String, title: String, data: [UInt8]) {
        self.contentType = contentType
        self.title = title
        self.data = data
    }
}
