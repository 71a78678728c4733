import Contracts

/// How a store keeps what it is given.
public struct StoreConfiguration: Sendable {
    /// How long a resend or a correction is looked for.
    public struct ResendWindow: Sendable {
        /// Seconds back from a report's receipt; a week.
        public var seconds: Int64 = 7 * 86_400
        /// The usual window.
        public init() {}
    }

    /// How long what is settled is kept. What is held, waits or failed is kept until it is settled.
    public struct Retention: Sendable {
        /// Seconds that raw bytes are kept; nil: for ever.
        public var rawBytes: Int64?
        /// Seconds that messages and results are kept; nil: for ever. Raw bytes are not kept longer than these.
        public var results: Int64?
        /// Seconds that files of images are kept after the last of their study came, and every archive has taken them (and
        /// committed them, where it is asked to); nil: for ever. What is known of them is kept as long as results are.
        public var images: Int64?
        /// Keeps everything.
        public init(rawBytes: Int64? = nil, results: Int64? = nil, images: Int64? = nil) {
            self.rawBytes = rawBytes
            self.results = results
            self.images = images
        }
    }

    /// Path of the state folder; made when it is missing, readable by its owner only.
    public var folder: String
    /// Window of resends and corrections.
    public var resendWindow = ResendWindow()
    /// Retention.
    public var retention = Retention()
    /// Where the time comes from.
    public var clock: any Clock

    /// The usual configuration of a state folder.
    public init(folder: String, clock: any Clock) {
        self.folder = folder
        self.clock = clock
    }
}

extension StoreConfiguration {
    /// Path of the database.
    public static func database(in folder: String) -> String { folder + "/hilum.sqlite" }
    static func lock(in folder: String) -> String { folder + "/hilum.lock" }
}
