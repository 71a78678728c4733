import JSONText

extension R4 {
    /// R4 DiagnosticReport of the laboratory, or of imaging.
    public struct DiagnosticReport: R4Resource {
        /// Name of the resource.
        public static let resourceType = "DiagnosticReport"
        /// The identifier that stays the same over corrections.
        public var identifier: Identifier
        /// Orders it answers.
        public var basedOn: Reference?
        /// diagnostic-report-status.
        public var status: String
        /// Diagnostic service section (HL7 v2 table 0074).
        public var category = Coding(system: System.serviceSection, code: "LAB", display: "Laboratory")
        /// Name of the report.
        public var code: CodeableConcept
        /// Whose.
        public var subject: Reference?
        /// Clinically relevant time.
        public var effective: DateTime?
        /// When this version was given out.
        public var issued: DateTime?
        /// Specimens.
        public var specimens: [Reference] = []
        /// Observations.
        public var results: [Reference] = []
        /// The study that it is about.
        public var imagingStudies: [Reference] = []
        /// Media resources: graphs.
        public var media: [Reference] = []
        /// Words of the laboratory, or of the reader of images.
        public var conclusion = ""
        /// Conclusions as codes.
        public var conclusionCodes: [CodeableConcept] = []

        /// A report from what it needs.
        public init(identifier: Identifier, status: String, code: CodeableConcept) {
            self.identifier = identifier
            self.status = status
            self.code = code
        }
        /// The identifier.
        public var businessIdentifier: Identifier? { identifier }
        /// As JSON.
        public func json() -> JSONValue {
            var object = begin()
            object.add("identifier", [identifier.json()])
            if let basedOn { object.add("basedOn", [basedOn.json()]) }
            object.add("status", status)
            object.add("category", [CodeableConcept([category]).json()])
            object.add("code", code.json())
            object.add("subject", subject?.json())
            object.add("effectiveDateTime", effective?.text ?? "")
            if let issued, issued.isInstant { object.add("issued", issued.text) }
            object.add("specimen", specimens.map { $0.json() })
            object.add("result", results.map { $0.json() })
            object.add("imagingStudy", imagingStudies.map { $0.json() })
            object.add("media", media.map { .object(["link": $0.json()]) })
            object.add("conclusion", conclusion)
            object.add("conclusionCode", conclusionCodes.map { $0.json() })
            return .object(object)
        }
    }

    /// R4 Media: a graph or image that a device made (R4 Observation has no attachment value).
    public struct Media: R4Resource {
        /// Name of the resource.
        public static let resourceType = "Media"
        /// The identifier that stays the same over corrections.
        public var identifier: Identifier
        /// event-status.
        public var status = "completed"
        /// Whose.
        public var subject: Reference?
        /// When it was made.
        public var created: DateTime?
        /// By what.
        public var device: Reference?
        /// Contents.
        public var content: Attachment
        /// Comments.
        public var notes: [String] = []
        /// A graph.
        public init(identifier: Identifier, content: Attachment) {
            self.identifier = identifier
            self.content = content
        }
        /// The identifier.
        public var businessIdentifier: Identifier? { identifier }
        /// As JSON.
        public func json() -> JSONValue {
            var object = begin()
            object.add("identifier", [identifier.json()])
            object.add("status", status)
            object.add("subject", subject?.json())
            object.add("createdDateTime", created?.text ?? "")
            object.add("device", device?.json())
            object.add("content", content.json())
            object.add("note", R4.annotations(notes))
            return .object(object)
        }
    }

    /// R4 DocumentReference: a document (PDF, text) that a device made.
    public struct DocumentReference: R4Resource {
        /// Name of the resource.
        public static let resourceType = "DocumentReference"
        /// The identifier that stays the same over corrections.
        public var identifier: Identifier
        /// document-reference-status: `current`, `entered-in-error`.
        public var status = "current"
        /// Kind of document; empty when it is not known.
        public var type = CodeableConcept()
        /// Whose.
        public var subject: Reference?
        /// When this entry was made.
        public var date: DateTime?
        /// Words.
        public var summary = ""
        /// Contents.
        public var content: Attachment
        /// What it belongs to (context.related).
        public var related: [Reference] = []
        /// A document.
        public init(identifier: Identifier, content: Attachment) {
            self.identifier = identifier
            self.content = content
        }
        /// The identifier.
        public var businessIdentifier: Identifier? { identifier }
        /// As JSON.
        public func json() -> JSONValue {
            var object = begin()
            object.add("identifier", [identifier.json()])
            object.add("status", status)
            object.add("type", type.json())
            object.add("subject", subject?.json())
            if let date, date.isInstant { object.add("date", date.text) }
            object.add("description", summary)
            object.add("content", [.object(["attachment": content.json()])])
            if !related.isEmpty {
                object.add("context", ["related": .array(related.map { $0.json() })] as JSONObject)
            }
            return .object(object)
        }
    }

    /// R4 Provenance: which gateway made the resources, from which message of which device.
    public struct Provenance: R4Resource {
        /// Name of the resource.
        public static let resourceType = "Provenance"
        /// Logical id chosen by us, because R4 gives Provenance no identifier; empty: the server's.
        public var id = ""
        /// What it is about; at least one.
        public var targets: [Reference]
        /// When it was recorded.
        public var recorded: DateTime
        /// Who assembled the resources.
        public var assembler: Reference
        /// What they were made from.
        public var source: Reference?
        /// A provenance.
        public init(targets: [Reference], recorded: DateTime, assembler: Reference) {
            self.targets = targets
            self.recorded = recorded
            self.assembler = assembler
        }
        /// None in R4.
        public var businessIdentifier: Identifier? { nil }
        /// As JSON.
        public func json() -> JSONValue {
            var object = begin()
            object.add("id", id)
            object.add("target", targets.map { $0.json() })
            object.add("recorded", recorded.text)
            let type = CodeableConcept([
                Coding(system: System.provenanceParticipant, code: "assembler", display: "Assembler")
            ])
            object.add("agent", [.object(["type": type.json(), "who": assembler.json()])])
            if let source { object.add("entity", [.object(["role": .string("source"), "what": source.json()])]) }
            return .object(object)
        }
    }
}
