/// A code in a code system (FHIR R4 Coding). `system` is the FHIR URI: `http://loinc.org`, `http://unitsofmeasure.org`.
public struct Coding: Sendable, Hashable {
    /// URI of the code system.
    public var system: String
    /// The code in it.
    public var code: String
    /// Text for people; may be empty.
    public var display: String

    /// A coding from its parts.
    public init(system: String, code: String, display: String = "") {
        self.system = system
        self.code = code
        self.display = display
    }

    /// URI of LOINC.
    public static let loinc = "http://loinc.org"
    /// URI of UCUM.
    public static let ucum = "http://unitsofmeasure.org"
}

/// A point in time as a clinician reads it: local date and time with as many digits as were sent, and the zone.
public struct ClinicalTime: Sendable, Hashable {
    /// ISO 8601 without zone, digits as sent: `2024`, `2024-03-18`, `2024-03-18T09:15`, `2024-03-18T09:15:00`.
    public var local: String
    /// Seconds east of UTC that were in force; nil where only a date is known.
    public var utcOffset: Int32?

    /// A time from its parts.
    public init(local: String, utcOffset: Int32? = nil) {
        self.local = local
        self.utcOffset = utcOffset
    }
}
