/// How such a device is usually connected: defaults for a site's configuration.
public struct LinkDefaults: Sendable, Equatable {
    /// TCP, nil: not usual.
    public var tcp: TCP?
    /// Serial line, nil: not usual.
    public var serial: Serial?
    /// Watched folder, nil: not usual.
    public var folder: Folder?
    /// DICOM, nil: not usual.
    public var dicom: DICOM?
    /// Nothing said.
    public init() {}

    /// TCP, with the role of the gateway.
    public enum TCP: Sendable, Equatable {
        /// The gateway listens, the device connects.
        case listen(port: UInt16)
        /// The gateway connects, the device listens.
        case connect(port: UInt16)
    }

    /// A serial line.
    public struct Serial: Sendable, Equatable {
        /// Parity bit.
        public enum Parity: String, Sendable, CaseIterable {
            /// No parity bit.
            case none
            /// Even.
            case even
            /// Odd.
            case odd
            /// Always 1.
            case mark
            /// Always 0.
            case space
        }
        /// Flow control.
        public enum Flow: String, Sendable, CaseIterable {
            /// No flow control.
            case none
            /// XON/XOFF.
            case xonxoff
            /// RTS/CTS.
            case rtscts
        }
        /// Bits per second. Default of LIS01-A2 5.2.3.
        public var baud = 9600
        /// 7 or 8.
        public var dataBits = 8
        /// Parity.
        public var parity = Parity.none
        /// 1 or 2.
        public var stopBits = 1
        /// Flow control.
        public var flow = Flow.none
        /// 9600 8N1 (LIS01-A2 5.2).
        public init() {}
        /// `9600 8N1`
        public var summary: String {
            let letter =
                switch parity {
                case .none: "N"
                case .even: "E"
                case .odd: "O"
                case .mark: "M"
                case .space: "S"
                }
            let flowText =
                switch flow {
                case .none: ""
                case .xonxoff: " XON/XOFF"
                case .rtscts: " RTS/CTS"
                }
            return "\(baud) \(dataBits)\(letter)\(stopBits)\(flowText)"
        }
    }

    /// A watched folder.
    public struct Folder: Sendable, Equatable {
        /// Glob of file names.
        public var pattern = "*"
        /// Any file.
        public init() {}
    }

    /// A modality as DICOM application.
    public struct DICOM: Sendable, Equatable {
        /// Port on which such a modality usually listens, for commitment reports and retrieval; nil: it does not.
        public var port: UInt16?
        /// Associations at a time; nil: not said.
        public var associations: Int?
        /// What it does; nil: not said.
        public var may: [DICOMService]?
        /// Nothing said.
        public init() {}
    }
}

/// What a DICOM application asks of the gateway.
public enum DICOMService: String, Sendable, CaseIterable {
    /// Storage (PS3.4 B): it sends images.
    case store
    /// Modality worklist (PS3.4 K.6.1).
    case worklist
    /// Modality performed procedure step (PS3.4 F.7).
    case mpps
    /// Storage commitment (PS3.4 J.3).
    case commit
    /// Query of what the gateway holds (PS3.4 C.4.1).
    case find
    /// Retrieval of what the gateway holds (PS3.4 C.4.2, C.4.3).
    case retrieve
}
