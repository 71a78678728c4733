/// Diagnostic service section (HL7 v2 table 0074), as far as imaging needs it: OBR-24, DiagnosticReport.category.
enum ServiceSection: String {
    case computedTomography = "CT"
    case magneticResonance = "NMR"
    case nuclearMedicine = "NMS"
    case ultrasound = "RUS"
    case vascularUltrasound = "VUS"
    case radiograph = "RX"
    case catheterization = "CTH"
    case electrocardiography = "EC"
    case radiology = "RAD"

    /// The section of the first modality (PS3.16 CID 29) that makes images.
    init(modalities: [String]) {
        let found = modalities.lazy.compactMap { ServiceSection(modality: $0) }.first
        self = found ?? .radiology
    }

    private init?(modality: String) {
        switch modality {
        case "CT": self = .computedTomography
        case "MR": self = .magneticResonance
        case "NM", "PT": self = .nuclearMedicine
        case "US": self = .ultrasound
        case "IVUS": self = .vascularUltrasound
        case "CR", "DX", "IO", "PX", "RG": self = .radiograph
        case "HD": self = .catheterization
        case "ECG", "EPS": self = .electrocardiography
        case "MG", "XA", "RF", "BMD", "OT": self = .radiology
        default: return nil
        }
    }

    /// Name of the code in the table.
    var display: String {
        switch self {
        case .computedTomography: "CAT Scan"
        case .magneticResonance: "Nuclear Magnetic Resonance"
        case .nuclearMedicine: "Nuclear Medicine Scan"
        case .ultrasound: "Radiology Ultrasound"
        case .vascularUltrasound: "Vascular Ultrasound"
        case .radiograph: "Radiograph"
        case .catheterization: "Cardiac Catheterization"
        case .electrocardiography: ""
        case .radiology: "Radiology"
        }
    }
}
