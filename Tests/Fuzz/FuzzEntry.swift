/// A function that takes any bytes and may not trap, hang or take much memory. One for each codec and driver.
public struct FuzzEntry: Sendable {
    /// Name on the command line.
    public let name: String
    /// The function.
    public let run: @Sendable (UnsafeRawBufferPointer) -> Void

    /// All entries. A new codec adds its line here.
    public static let all: [FuzzEntry] = [
        FuzzEntry(name: "character-sets", run: fuzzCharacterSets),
        FuzzEntry(name: "lis01", run: fuzzLIS01),
        FuzzEntry(name: "lis02", run: fuzzLIS02),
        FuzzEntry(name: "lis-driver", run: fuzzLISDriver),
        FuzzEntry(name: "mllp", run: fuzzMLLP),
        FuzzEntry(name: "hl7v2", run: fuzzHL7v2),
        FuzzEntry(name: "hl7-driver", run: fuzzHL7Driver),
        FuzzEntry(name: "poct1a", run: fuzzPOCT1A),
        FuzzEntry(name: "delimited", run: fuzzDelimited),
        FuzzEntry(name: "driver-wire", run: fuzzDriverWire),
        FuzzEntry(name: "fhir", run: fuzzFHIR),
        FuzzEntry(name: "profile", run: fuzzProfile),
        FuzzEntry(name: "order-file", run: fuzzOrderFile),
        FuzzEntry(name: "normalization", run: fuzzNormalization),
        FuzzEntry(name: "dicom", run: fuzzDICOM),
        FuzzEntry(name: "dicom-header", run: fuzzDICOMHeader),
        FuzzEntry(name: "structured-reports", run: fuzzStructuredReports),
        FuzzEntry(name: "imaging-model", run: fuzzImagingModel),
        FuzzEntry(name: "hitachi-driver", run: fuzzHitachi),
        FuzzEntry(name: "beckman-au-driver", run: fuzzBeckmanAU),
        FuzzEntry(name: "synchron-driver", run: fuzzSynchron),
        FuzzEntry(name: "il-driver", run: fuzzIL),
        FuzzEntry(name: "vitros-driver", run: fuzzVitros),
        FuzzEntry(name: "xmodem-driver", run: fuzzXmodem),
        FuzzEntry(name: "biomerieux-driver", run: fuzzBiomerieux),
        FuzzEntry(name: "urine-text-driver", run: fuzzUrineText),
        FuzzEntry(name: "miditron-driver", run: fuzzMiditron),
        FuzzEntry(name: "sysmex-d1-driver", run: fuzzSysmexD1),
        FuzzEntry(name: "coulter-text-driver", run: fuzzCoulterText),
        FuzzEntry(name: "abx-driver", run: fuzzABX),
        FuzzEntry(name: "fixed-text-driver", run: fuzzFixedText),
    ]

    /// The entry with a name.
    public init?(named name: String) {
        guard let entry = Self.all.first(where: { $0.name == name }) else { return nil }
        self = entry
    }

    private init(name: String, run: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        self.name = name
        self.run = run
    }
}
