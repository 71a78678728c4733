/// What has to be put right in what a modality sends (`imaging:`).
public struct ImagingRules: Sendable, Equatable {
    /// Specific Character Set (0008,0005) to decode by, whatever is declared; empty: as declared.
    public var charset = ""
    /// The one where none is declared; empty: looked for in the text.
    public var undeclaredCharset = ""
    /// Text that cannot be what is declared is looked at: UTF-8, GB18030.
    public var detectsCharset = true
    /// Where the accession number is besides (0008,0050), tried in order.
    public var accession: [ElementSource] = []
    /// `accession` is tried before (0008,0050), not after it.
    public var accessionFirst = false
    /// Where the patient's id is, tried before (0010,0020).
    public var patientID: [ElementSource] = []
    /// Issuer of Patient ID where the device gives none.
    public var issuer = ""
    /// Station Name (0008,1010) or AE title to the place where it stands.
    public var locations: [String: String] = [:]
    /// SOP Class UIDs that the EMR is not told of.
    public var ignored: [String] = []
    /// Seconds without a new instance after which a study is complete; nil: the site's.
    public var quietSeconds: Int?
    /// Every study has so many instances; nil: not known.
    public var expectedInstances: Int?
    /// No rules.
    public init() {}
}

/// An element of a data set that a value is taken from.
public struct ElementSource: Sendable, Hashable {
    /// Tags as `ggggeeee`, hexadecimal: sequences, at last the element; of each sequence the first item counts.
    public var path: [String]
    /// Private Creator of the last tag's block (PS3.5 7.8.1); its element's low byte counts then. Empty: no private element.
    public var creator: String
    /// A source from its parts.
    public init(path: [String], creator: String = "") {
        self.path = path
        self.creator = creator
    }
}

/// Elements that may be named by their keyword in a profile (PS3.6); others are written as `gggg,eeee`.
public enum ElementKeyword {
    /// Tag as `ggggeeee` by keyword.
    public static let tags: [String: String] = [
        "AccessionNumber": "00080050", "StudyID": "00200010", "StudyDescription": "00081030",
        "SeriesDescription": "0008103E", "StationName": "00081010", "InstitutionName": "00080080",
        "InstitutionalDepartmentName": "00081040", "ReferencedStudySequence": "00081110",
        "ReferencedRequestSequence": "0040A370", "RequestAttributesSequence": "00400275",
        "RequestedProcedureID": "00401001", "ScheduledProcedureStepID": "00400009",
        "PerformedProcedureStepID": "00400253", "PerformedProcedureStepDescription": "00400254",
        "PlacerOrderNumberImagingServiceRequest": "00402016", "FillerOrderNumberImagingServiceRequest": "00402017",
        "RequestedProcedureDescription": "00321060", "ImageComments": "00204000", "PatientID": "00100020",
        "OtherPatientIDs": "00101000", "OtherPatientIDsSequence": "00101002", "IssuerOfPatientID": "00100021",
        "PatientComments": "00104000", "AdmissionID": "00380010", "MedicalRecordLocator": "00101090",
        "PatientName": "00100010", "EthnicGroup": "00102160", "Occupation": "00102180",
        "AdditionalPatientHistory": "001021B0", "ProtocolName": "00181030", "DeviceSerialNumber": "00181000",
    ]

    /// The tag of a keyword, `gggg,eeee`, `(gggg,eeee)` or `ggggeeee`, as eight capital hexadecimal digits; nil: it is none.
    public static func tag(_ text: String) -> String? {
        if let known = tags[text] { return known }
        var digits = text[...]
        if digits.hasPrefix("("), digits.hasSuffix(")") { digits = digits.dropFirst().dropLast() }
        let bytes = Array(digits.utf8)
        var number: [UInt8] = []
        for (place, byte) in bytes.enumerated() {
            switch byte {
            case 0x30...0x39, 0x41...0x46: number.append(byte)
            case 0x61...0x66: number.append(byte - 0x20)
            case UInt8(ascii: ",") where place == 4: continue
            default: return nil
            }
        }
        return number.count == 8 ? String(decoding: number, as: UTF8.self) : nil
    }
}

/// Defined terms of Specific Character Set (PS3.3 C.12.1.1.2) as a profile may name them.
enum CharacterSetTerm {
    static let known: Set<String> = [
        "ISO_IR 6", "ISO_IR 100", "ISO_IR 101", "ISO_IR 109", "ISO_IR 110", "ISO_IR 144", "ISO_IR 127", "ISO_IR 126",
        "ISO_IR 138", "ISO_IR 148", "ISO_IR 203", "ISO_IR 13", "ISO_IR 166", "ISO_IR 192", "GB18030", "GBK",
        "ISO 2022 IR 6", "ISO 2022 IR 100", "ISO 2022 IR 101", "ISO 2022 IR 109", "ISO 2022 IR 110", "ISO 2022 IR 144",
        "ISO 2022 IR 127", "ISO 2022 IR 126", "ISO 2022 IR 138", "ISO 2022 IR 148", "ISO 2022 IR 203",
        "ISO 2022 IR 13", "ISO 2022 IR 166", "ISO 2022 IR 87", "ISO 2022 IR 159", "ISO 2022 IR 149", "ISO 2022 IR 58",
    ]

    /// What people write for some of them.
    static let meant: [String: String] = [
        "UTF-8": "ISO_IR 192", "UTF8": "ISO_IR 192", "UTF_8": "ISO_IR 192", "GB2312": "GB18030", "CP936": "GBK",
        "LATIN1": "ISO_IR 100", "ISO-8859-1": "ISO_IR 100", "ISO 8859-1": "ISO_IR 100", "SHIFT_JIS": "ISO_IR 13",
        "GB 18030": "GB18030", "ASCII": "ISO_IR 6",
    ]

    /// True when each value (separated by backslashes) is a defined term; the first may be empty.
    static func isPossible(_ text: String) -> Bool {
        let values = text.split(separator: "\\", omittingEmptySubsequences: false)
        return values.enumerated().allSatisfy { place, value in
            known.contains(String(value)) || (place == 0 && value.isEmpty && values.count > 1)
        }
    }
}
