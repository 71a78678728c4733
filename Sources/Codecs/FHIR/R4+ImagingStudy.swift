import JSONText

extension R4 {
    /// R4 ImagingStudy: what is held of a DICOM study.
    public struct ImagingStudy: R4Resource {
        /// Name of the resource.
        public static let resourceType = "ImagingStudy"

        /// R4 ImagingStudy.series.
        public struct Series: Sendable, Hashable {
            /// Series Instance UID, without `urn:oid:`.
            public var uid: String
            /// Series Number, zero or above.
            public var number: Int?
            /// Modality, a code of DICOM.
            public var modality: Coding
            /// Series Description.
            public var description = ""
            /// Instances held.
            public var instanceCount = 0
            /// SNOMED CT; nil when it is not known as a code.
            public var bodySite: Coding?
            /// SNOMED CT.
            public var laterality: Coding?
            /// Started.
            public var started: DateTime?
            /// Where it can be had, when not where the study can.
            public var endpoints: [Reference] = []
            /// Instances that are listed.
            public var instances: [Instance] = []
            /// A series from what it needs.
            public init(uid: String, modality: Coding) {
                self.uid = uid
                self.modality = modality
            }
            /// As JSON.
            public func json() -> JSONValue {
                var object = JSONObject()
                object.add("uid", uid)
                object.add("number", unsigned: number)
                object.add("modality", modality.json())
                object.add("description", description)
                object.add("numberOfInstances", unsigned: instanceCount)
                object.add("endpoint", endpoints.map { $0.json() })
                object.add("bodySite", bodySite?.json())
                object.add("laterality", laterality?.json())
                object.add("started", started?.text ?? "")
                object.add("instance", instances.map { $0.json() })
                return .object(object)
            }
        }

        /// R4 ImagingStudy.series.instance.
        public struct Instance: Sendable, Hashable {
            /// SOP Instance UID, without `urn:oid:`.
            public var uid: String
            /// SOP Class UID, without `urn:oid:`.
            public var sopClass: String
            /// Instance Number, zero or above.
            public var number: Int?
            /// Title of a document.
            public var title: String
            /// An instance from its parts.
            public init(uid: String, sopClass: String, number: Int? = nil, title: String = "") {
                self.uid = uid
                self.sopClass = sopClass
                self.number = number
                self.title = title
            }
            /// As JSON.
            public func json() -> JSONValue {
                var object = JSONObject()
                object.add("uid", uid)
                object.add("sopClass", Coding(system: System.uri, code: "urn:oid:" + sopClass).json())
                object.add("number", unsigned: number)
                object.add("title", title)
                return .object(object)
            }
        }

        /// The study's own first (`urn:dicom:uid`), then accession and others.
        public var identifiers: [Identifier]
        /// imagingstudy-status: `registered`, `available`, `cancelled`, `entered-in-error`.
        public var status = "available"
        /// Modalities, codes of DICOM.
        public var modalities: [Coding] = []
        /// Whose; required.
        public var subject: Reference
        /// Started.
        public var started: DateTime?
        /// Orders.
        public var basedOn: [Reference] = []
        /// Who asked for it.
        public var referrer: Reference?
        /// Where it can be had.
        public var endpoints: [Reference] = []
        /// What was done, as words and codes.
        public var procedures: [CodeableConcept] = []
        /// Where it was done, as words.
        public var location = ""
        /// Notes.
        public var notes: [String] = []
        /// Study Description.
        public var description = ""
        /// Series held.
        public var series: [Series] = []
        /// Number of series.
        public var seriesCount = 0
        /// Number of instances.
        public var instanceCount = 0

        /// A study from what it needs.
        ///
        /// - Parameters:
        ///   - uid: Study Instance UID.
        public init(uid: String, subject: Reference) {
            identifiers = [Identifier(system: System.dicomUID, value: "urn:oid:" + uid)]
            self.subject = subject
        }
        /// The Study Instance UID.
        public var businessIdentifier: Identifier? { identifiers.first }
        /// As JSON.
        public func json() -> JSONValue {
            var object = begin()
            object.add("identifier", identifiers.map { $0.json() })
            object.add("status", status)
            object.add("modality", modalities.map { $0.json() })
            object.add("subject", subject.json())
            object.add("started", started?.text ?? "")
            object.add("basedOn", basedOn.map { $0.json() })
            object.add("referrer", referrer?.json())
            object.add("endpoint", endpoints.map { $0.json() })
            object.add("numberOfSeries", unsigned: seriesCount)
            object.add("numberOfInstances", unsigned: instanceCount)
            object.add("procedureCode", procedures.map { $0.json() })
            object.add("location", Reference(display: location).json())
            object.add("note", R4.annotations(notes))
            object.add("description", description)
            object.add("series", series.map { $0.json() })
            return .object(object)
        }
    }

    /// R4 Endpoint: where images can be had.
    public struct Endpoint: R4Resource {
        /// Name of the resource.
        public static let resourceType = "Endpoint"
        /// The identifier that stays the same.
        public var identifier: Identifier
        /// endpoint-status.
        public var status = "active"
        /// Code of endpoint-connection-type: `dicom-wado-rs`, `dicom-qido-rs`.
        public var connectionType: String
        /// For people.
        public var name = ""
        /// URL.
        public var address: String
        /// MIME types that it gives.
        public var mimeTypes = ["application/dicom"]
        /// An endpoint from its parts.
        public init(identifier: Identifier, connectionType: String, address: String) {
            self.identifier = identifier
            self.connectionType = connectionType
            self.address = address
        }
        /// The identifier.
        public var businessIdentifier: Identifier? { identifier }
        /// As JSON.
        public func json() -> JSONValue {
            var object = begin()
            object.add("identifier", [identifier.json()])
            object.add("status", status)
            object.add("connectionType", Coding(system: System.connectionType, code: connectionType).json())
            object.add("name", name)
            // Required, and R4's value set has nothing for DICOM: words.
            object.add("payloadType", [CodeableConcept(text: "DICOM").json()])
            object.add("payloadMimeType", mimeTypes.map { .string($0) })
            object.add("address", address)
            return .object(object)
        }
    }
}

extension JSONObject {
    /// Adds a number that R4 calls unsignedInt (32 bits); leaves out what is none.
    mutating func add(_ key: String, unsigned number: Int?) {
        guard let number, number >= 0, number <= Int(Int32.max) else { return }
        append(key, .number(String(number)))
    }
}
