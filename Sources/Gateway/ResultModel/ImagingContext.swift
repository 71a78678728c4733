/// What a structured report says about a measurement or finding besides its value: where, how, on which image. Beside the
/// observation, so that laboratory results carry none of it.
public struct ImagingContext: Sendable, Equatable {
    /// One more word on what was measured: cardiac phase, flow direction, image mode, derivation.
    public struct Qualifier: Sendable, Equatable {
        /// What the word is about: `DCM 121401 Derivation`.
        public var name: Coding
        /// The word; without a code where the report gives text only.
        public var value: Coding
        /// A qualifier from its parts.
        public init(name: Coding, value: Coding) {
            self.name = name
            self.value = value
        }
    }

    /// The concept as the report names it; its system is the URI of `CodingScheme`.
    public var concept: Coding?
    /// Finding site.
    public var bodySite: Coding?
    /// Side.
    public var laterality: Coding?
    /// Measurement method.
    public var method: Coding?
    /// Other modifiers, in the order sent.
    public var qualifiers: [Qualifier] = []
    /// Title of the group that it stands in: `Left Ventricle`, `Fetus A / Fetal Biometry`; empty at the top.
    public var group = ""
    /// What the reader calls the thing measured (Tracking Identifier).
    public var trackingID = ""
    /// The same over time (Tracking Unique Identifier).
    public var trackingUID = ""
    /// SOP Instance UID of the document that says it.
    public var document = ""
    /// Title of that document.
    public var documentTitle = ""
    /// SOP Instance UIDs of the images it was measured on, `#` and the frames behind where the document names frames.
    public var images: [String] = []

    /// An empty context.
    public init() {}
}
