/// What one device said about one specimen in one message (FHIR R4 DiagnosticReport with its Specimen, Patient,
/// ServiceRequest and Observations).
public struct Report: Sendable, Equatable {
    /// Number given by the store, never reused; 0 before it is stored.
    public var id: Int64 = 0
    /// The device's id in hilum.yaml.
    public var device = ""
    /// Id of the profile that made it.
    public var profile = ""
    /// Digest of that profile's text, so that a replay can be compared.
    public var profileRevision = ""
    /// Protocol as the device names it.
    public var protocolName = ""
    /// The device's id of the message.
    public var controlID = ""
    /// The specimen.
    public var specimen = Specimen()
    /// The patient as the device knows him or her; nil when it said nothing.
    public var patient: Patient?
    /// The order as the device knows it.
    public var order = ServiceRequest()
    /// Results, raw rows, settings, attachments, in the order sent.
    public var observations: [Observation] = []
    /// The worst (least final) of its results, or what the device said.
    public var status = Observation.Status.final
    /// Control material, blank, calibration: never to a chart.
    public var isQC = false
    /// When the device released it.
    public var issued: ClinicalTime?
    /// When the gateway received it: microseconds since 1970, UTC.
    public var receivedAt: Int64 = 0
    /// The imaging study that it is about; nil for laboratory reports.
    public var imagingStudy: ImagingStudy?
    /// Comments on the report.
    public var comments: [String] = []
    /// Why it is not posted; empty when nothing holds it.
    public var holds: [Hold] = []

    /// An empty report.
    public init() {}
}

/// FHIR R4 Specimen.
public struct Specimen: Sendable, Equatable {
    /// Identifier as text; empty when the device gave none. What was examined: of an imaging report the Study Instance UID,
    /// so that what is said about one study is recognised as such.
    public var id = ""
    /// True when `id` is a running number of the device that restarts, so that it names a specimen for a day only.
    public var isRunningNumber = false
    /// Material as sent.
    public var type = ""
    /// Material as a code, where the profile knows it (HL7 table 0487).
    public var typeCode = ""
    /// Rack or disk.
    public var rack = ""
    /// Position or cup.
    public var position = ""
    /// Collected.
    public var collectedAt: ClinicalTime?
    /// Received in the laboratory.
    public var receivedAt: ClinicalTime?
    /// An empty specimen.
    public init() {}
}

/// FHIR R4 Patient, as far as a device knows one.
public struct Patient: Sendable, Equatable {
    /// Identifier as text.
    public var id = ""
    /// Further identifiers.
    public var alternateIDs: [String] = []
    /// Family^given^middle as sent (HL7 XPN order).
    public var name = ""
    /// ISO 8601 date.
    public var birthDate = ""
    /// HL7 table 0001: M F O U; empty when not sent.
    public var sex = ""
    /// Ward, bed.
    public var location = ""
    /// An empty patient.
    public init() {}
}

/// FHIR R4 ServiceRequest, as far as a device knows one.
public struct ServiceRequest: Sendable, Equatable {
    /// Placer order number (OBR-2).
    public var placerID = ""
    /// Filler order number (OBR-3).
    public var fillerID = ""
    /// R routine, S stat, A as soon as possible.
    public var priority = ""
    /// Ordered.
    public var orderedAt: ClinicalTime?
    /// An empty order.
    public init() {}
}

/// Why a report is kept back until a person looks.
public struct Hold: Sendable, Hashable {
    /// Closed set of reasons, stable for machines.
    public enum Reason: String, Sendable, CaseIterable {
        /// Neither specimen nor patient id.
        case noOwner = "no-owner"
        /// A code that the profile does not know, and the site holds such.
        case unmappedCode = "unmapped-code"
        /// The message was broken off.
        case incomplete = "incomplete"
        /// The profile or the site asks for a person.
        case rule = "rule"
    }
    /// The reason.
    public var reason: Reason
    /// For the technician: what, where, what to do.
    public var text: String
    /// A hold from its parts.
    public init(_ reason: Reason, _ text: String) {
        self.reason = reason
        self.text = text
    }
}
