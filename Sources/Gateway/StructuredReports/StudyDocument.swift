import DICOM

/// A document of a study: structured report, key object selection, encapsulated document, waveform.
public struct StudyDocument: Sendable {
    /// The whole data set, its text readable (the character set declared or chosen when it was read).
    public var dataSet: DataSet
    /// A document.
    public init(dataSet: DataSet) { self.dataSet = dataSet }

    /// SOP Class UID; empty when missing.
    public var sopClass: String { dataSet.string(.sopClassUID) ?? "" }
    /// SOP Instance UID; empty when missing.
    public var uid: String { dataSet.string(.sopInstanceUID) ?? "" }

    /// True for SOP classes of which `StudyReport` reads the contents, so that the caller need not load others.
    public static func isRead(sopClass: String) -> Bool { DocumentKind(sopClass: sopClass) != nil }
}

/// What the contents of a SOP class are (PS3.4 table B.5-1).
enum DocumentKind: Sendable, Equatable {
    /// A content tree (PS3.3 C.17.3).
    case structuredReport
    /// What a program found for a reader to look at (CAD): no finding until somebody says so.
    case detection
    /// A content tree of radiation dose: made by machines, read by nobody before it counts.
    case doseReport
    /// Images somebody pointed out (PS3.3 A.35.4).
    case keyObjects
    /// A document inside (PS3.3 A.45).
    case encapsulated
    /// Waveforms with measurements as annotations (PS3.3 A.34).
    case waveform

    private static let storage = "1.2.840.10008.5.1.4.1.1."

    init?(sopClass: String) {
        guard sopClass.hasPrefix(DocumentKind.storage) else { return nil }
        let rest = sopClass.dropFirst(DocumentKind.storage.count)
        switch rest {
        case "88.59": self = .keyObjects
        case "88.67", "88.68", "88.73", "88.76": self = .doseReport
        case "88.50", "88.65", "88.69": self = .detection
        // Planned administration of imaging agents: nothing that was done.
        case "88.74": return nil
        case _ where rest.hasPrefix("88."): self = .structuredReport
        case _ where rest.hasPrefix("104."): self = .encapsulated
        case _ where rest.hasPrefix("9."): self = .waveform
        default: return nil
        }
    }
}
