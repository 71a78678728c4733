import JSONText
import Orders

/// What is known about one model of device: which driver reads it, and what its words mean.
///
/// Made by `ProfileLibrary` from `profile.yaml`, with `extends` resolved. The keys are explained in
/// docs/writing-a-profile.md.
public struct DeviceProfile: Sendable, Equatable {
    /// Name of the folder.
    public var id = ""
    /// Other ids that mean this profile.
    public var aliases: [String] = []
    /// Id of the profile that this one was laid over; empty: none.
    public var extends = ""
    /// Maker.
    public var vendor = ""
    /// Model.
    public var model = ""
    /// Other models that speak alike.
    public var models: [String] = []
    /// What the device is for.
    public var kind = DeviceKind.other
    /// How well the profile is proven.
    public var support = SupportLevel.claimed
    /// What it was written from.
    public var documents: [ProfileDocument] = []
    /// Name of the driver module.
    public var driver = ""
    /// How such a device is usually connected.
    public var link = LinkDefaults()
    /// For the driver, as JSON, unchanged.
    public var options = JSONObject()
    /// Name of the time zone of the device's clock (IANA); empty: the site's.
    public var timezone = ""
    /// Rules by device code.
    public var codes = CodeRules()
    /// UCUM by the device's spelling.
    public var units: [String: UnitRule] = [:]
    /// How values are written.
    public var values = ValueRules()
    /// What flags mean.
    public var flags: [String: FlagRule] = [:]
    /// What result states mean.
    public var status: [String: StatusRule] = [:]
    /// What makes a specimen or result control material.
    public var qc: [QCRule] = []
    /// What rows are good for, first match counts.
    public var rows: [RowRule] = []
    /// Code of HL7 table 0487 by the device's word for the material.
    public var specimens: [String: String] = [:]
    /// What happens to results whose code is not known.
    public var unmapped = UnmappedPolicy.post
    /// What happens to messages that call themselves training or debugging.
    public var training = TrainingPolicy.hold
    /// How repeats are recognised.
    public var resend = ResendRule()
    /// How orders are given to the device.
    public var orders = OrderRules()
    /// What has to be put right in what a modality sends.
    public var imaging = ImagingRules()
    /// Other protocols of the same device, each a whole profile with the same id.
    public var variants: [Variant] = []
    /// Digest of the resolved text: changes when anything that matters changes.
    public var revision = ""
    /// Path of the folder; empty when it was not read from one.
    public var folder = ""

    /// An empty profile.
    public init() {}

    /// Whether the device is a modality: its driver owns a network service, and what it sends are instances.
    public var isImaging: Bool { driver == ProfileReader.imagingDriver }

    /// Another protocol of the same device.
    public struct Variant: Sendable, Equatable {
        /// Name, by which a site chooses it.
        public var name: String
        /// The profile to use then.
        public var profile: DeviceProfile
        /// A variant from its parts.
        public init(name: String, profile: DeviceProfile) {
            self.name = name
            self.profile = profile
        }
    }

    /// The profile to use when the site chose a variant; nil when there is none of that name.
    public func resolved(variant name: String) -> DeviceProfile? {
        name.isEmpty ? self : variants.first { $0.name == name }?.profile
    }
}

/// What a device is for.
public enum DeviceKind: String, Sendable, CaseIterable {
    /// Blood counts.
    case haematology
    /// Clinical chemistry.
    case chemistry
    /// Immunoassay.
    case immunoassay
    /// Coagulation.
    case coagulation
    /// Urine.
    case urine
    /// Blood gas and electrolytes.
    case bloodGas = "blood-gas"
    /// Point of care.
    case poct
    /// Bacteriology.
    case microbiology
    /// Nucleic acids.
    case molecular
    /// Blood groups and antibodies.
    case bloodBank = "blood-bank"
    /// Computed tomography.
    case computedTomography = "ct"
    /// Magnetic resonance.
    case magneticResonance = "mr"
    /// Ultrasound, echocardiography.
    case ultrasound
    /// Projection radiography, mammography.
    case radiography
    /// Angiography, fluoroscopy, cardiac catheterisation.
    case angiography
    /// Electrocardiography and other waveforms.
    case ecg
    /// Scintigraphy, PET.
    case nuclearMedicine = "nuclear-medicine"
    /// Endoscopy, microscopy, photography.
    case visibleLight = "visible-light"
    /// A workstation that measures and reports.
    case workstation
    /// No device of its own: a standard.
    case generic
    /// Anything else.
    case other
}

/// How well a profile is proven.
public enum SupportLevel: String, Sendable, CaseIterable, Comparable {
    /// Written from documents.
    case claimed
    /// A maker's or a synthetic sample decodes.
    case sample
    /// Real captures decode.
    case captured
    /// In use at a site.
    case site

    /// In the order above.
    public static func < (left: SupportLevel, right: SupportLevel) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// A document that a profile was written from.
public struct ProfileDocument: Sendable, Equatable {
    /// Title.
    public var title = ""
    /// Revision or date.
    public var revision = ""
    /// Anything else worth knowing.
    public var note = ""
    /// An empty document.
    public init() {}
}

/// What happens to results whose code is not known.
public enum UnmappedPolicy: String, Sendable, CaseIterable {
    /// Posted with the device's own code.
    case post
    /// Kept back until a person looks.
    case hold
}

/// What happens to messages that call themselves training (T) or debugging (D): H.12 of LIS02-A2 6.12, MSH-11 by HL7 table 0103.
public enum TrainingPolicy: String, Sendable, CaseIterable {
    /// Kept back until a person looks: by the device's own word they are about nobody.
    case hold
    /// Posted: the device says so of all its messages.
    case post
}

/// How repeats are recognised.
public struct ResendRule: Sendable, Equatable {
    /// What the specimen id of this device is.
    public enum Specimen: String, Sendable, CaseIterable {
        /// Names a specimen for good.
        case barcode
        /// A running number that restarts, so that it names a specimen for a day only.
        case number
    }
    /// Seconds in which the same content is a repeat; 0: as the gateway thinks best.
    public var window: Int64 = 0
    /// nil: as the driver says for each specimen.
    public var specimen: Specimen?
    /// Nothing said.
    public init() {}
}
