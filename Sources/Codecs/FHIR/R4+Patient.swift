import JSONText

extension R4 {
    /// R4 Patient, as far as a device knows one.
    public struct Patient: R4Resource {
        /// Name of the resource.
        public static let resourceType = "Patient"
        /// All identifiers; the first one is the one to find the patient by.
        public var identifiers: [Identifier]
        /// Family name.
        public var family = ""
        /// Given names.
        public var given: [String] = []
        /// The name in one text, where it has no parts.
        public var nameText = ""
        /// `male`, `female`, `other`, `unknown`; empty when not known.
        public var gender = ""
        /// Date only.
        public var birthDate: DateTime?
        /// A patient with nothing but identifiers.
        public init(identifiers: [Identifier]) { self.identifiers = identifiers }
        /// The first identifier.
        public var businessIdentifier: Identifier? { identifiers.first }
        /// As JSON.
        public func json() -> JSONValue {
            var object = begin()
            object.add("identifier", identifiers.map { $0.json() })
            var name = JSONObject()
            name.add("text", nameText)
            name.add("family", family)
            name.add("given", given.map(R4.text).filter { !$0.isEmpty }.map { .string($0) })
            object.add("name", [.object(name)])
            object.add("gender", gender)
            object.add("birthDate", birthDate?.date ?? "")
            return .object(object)
        }
    }

    /// R4 Specimen.
    public struct Specimen: R4Resource {
        /// Name of the resource.
        public static let resourceType = "Specimen"
        /// The specimen's identifier (barcode).
        public var identifier: Identifier
        /// Material.
        public var type: CodeableConcept?
        /// Whose it is.
        public var subject: Reference?
        /// When it came to the laboratory.
        public var receivedTime: DateTime?
        /// When it was taken.
        public var collected: DateTime?
        /// What it was taken for.
        public var request: Reference?
        /// A specimen with nothing but an identifier.
        public init(identifier: Identifier) { self.identifier = identifier }
        /// The identifier.
        public var businessIdentifier: Identifier? { identifier }
        /// As JSON.
        public func json() -> JSONValue {
            var object = begin()
            object.add("identifier", [identifier.json()])
            object.add("type", type?.json())
            object.add("subject", subject?.json())
            object.add("receivedTime", receivedTime?.text ?? "")
            if let request { object.add("request", [request.json()]) }
            if let collected {
                var collection = JSONObject()
                collection.add("collectedDateTime", collected.text)
                object.add("collection", .object(collection))
            }
            return .object(object)
        }
    }

    /// R4 ServiceRequest: what was ordered, as far as the laboratory side knows.
    public struct ServiceRequest: R4Resource {
        /// Name of the resource.
        public static let resourceType = "ServiceRequest"
        /// Identifiers, the one to find it by first.
        public var identifiers: [Identifier]
        /// request-status.
        public var status = "active"
        /// `routine`, `urgent`, `asap`, `stat`; empty when not known.
        public var priority = ""
        /// What was ordered.
        public var code: CodeableConcept?
        /// For whom; required.
        public var subject: Reference
        /// When.
        public var authoredOn: DateTime?
        /// An order.
        public init(identifiers: [Identifier], subject: Reference) {
            self.identifiers = identifiers
            self.subject = subject
        }
        /// The first identifier.
        public var businessIdentifier: Identifier? { identifiers.first }
        /// As JSON.
        public func json() -> JSONValue {
            var object = begin()
            object.add("identifier", identifiers.map { $0.json() })
            object.add("status", status)
            object.add("intent", "order")
            object.add("priority", priority)
            object.add("code", code?.json())
            object.add("subject", subject.json())
            object.add("authoredOn", authoredOn?.text ?? "")
            return .object(object)
        }
    }

    /// R4 Device.
    public struct Device: R4Resource {
        /// Name of the resource.
        public static let resourceType = "Device"
        /// The device's identifier in the hospital.
        public var identifier: Identifier
        /// Name for people.
        public var name = ""
        /// Model.
        public var model = ""
        /// A device with nothing but an identifier.
        public init(identifier: Identifier) { self.identifier = identifier }
        /// The identifier.
        public var businessIdentifier: Identifier? { identifier }
        /// As JSON.
        public func json() -> JSONValue {
            var object = begin()
            object.add("identifier", [identifier.json()])
            var deviceName = JSONObject()
            deviceName.add("name", name)
            if !deviceName.members.isEmpty {
                deviceName.add("type", "user-friendly-name")
                object.add("deviceName", [.object(deviceName)])
            }
            object.add("modelNumber", model)
            return .object(object)
        }
    }
}
