import JSONText

extension R4 {
    /// R4 Observation of the laboratory, or of imaging.
    public struct Observation: R4Resource {
        /// Name of the resource.
        public static let resourceType = "Observation"

        /// `value[x]`, or why there is none (invariant obs-6: never both).
        public enum Value: Sendable, Equatable {
            /// valueQuantity.
            case quantity(Quantity)
            /// valueRatio.
            case ratio(numerator: Quantity, denominator: Quantity)
            /// valueRange.
            case range(low: Quantity?, high: Quantity?)
            /// valueCodeableConcept.
            case concept(CodeableConcept)
            /// valueString.
            case string(String)
            /// dataAbsentReason; `text` is what the device said instead.
            case absent(code: String, text: String)
        }

        /// referenceRange; low and high without comparator, or text.
        public struct ReferenceRange: Sendable, Equatable {
            /// Lower limit.
            public var low: Quantity?
            /// Upper limit.
            public var high: Quantity?
            /// As sent.
            public var text: String
            /// A range from its parts.
            public init(low: Quantity? = nil, high: Quantity? = nil, text: String = "") {
                self.low = low
                self.high = high
                self.text = text
            }
        }

        /// R4 Observation.component: one more word on what was measured.
        public struct Component: Sendable, Equatable {
            /// What the word is about.
            public var code: CodeableConcept
            /// The word.
            public var value: CodeableConcept
            /// A component from its parts.
            public init(code: CodeableConcept, value: CodeableConcept) {
                self.code = code
                self.value = value
            }
        }

        /// The identifier that stays the same over corrections.
        public var identifier: Identifier
        /// Further identifiers.
        public var otherIdentifiers: [Identifier] = []
        /// observation-category.
        public var category = Coding(system: System.observationCategory, code: "laboratory", display: "Laboratory")
        /// Orders it answers.
        public var basedOn: Reference?
        /// observation-status.
        public var status: String
        /// What was measured.
        public var code: CodeableConcept
        /// Whose.
        public var subject: Reference?
        /// When it was measured.
        public var effective: DateTime?
        /// When this version was given out.
        public var issued: DateTime?
        /// Operator as words.
        public var performer = ""
        /// The value.
        public var value: Value
        /// v3 ObservationInterpretation codes. One that R4 does not know is written as text.
        public var interpretation: [String] = []
        /// Comments.
        public var notes: [String] = []
        /// Where in the body.
        public var bodySite: CodeableConcept?
        /// Method as words.
        public var method = ""
        /// Method as a code, before the words.
        public var methodCoding: Coding?
        /// Of what.
        public var specimen: Reference?
        /// By what.
        public var device: Reference?
        /// Reference range.
        public var referenceRange: ReferenceRange?
        /// What it was measured on: the imaging study.
        public var derivedFrom: [Reference] = []
        /// Further words on what was measured.
        public var components: [Component] = []

        /// An observation from what it needs.
        public init(identifier: Identifier, status: String, code: CodeableConcept, value: Value) {
            self.identifier = identifier
            self.status = status
            self.code = code
            self.value = value
        }
        /// The identifier.
        public var businessIdentifier: Identifier? { identifier }

        /// As JSON.
        public func json() -> JSONValue {
            var object = begin()
            object.add("identifier", ([identifier] + otherIdentifiers).map { $0.json() })
            if let basedOn { object.add("basedOn", [basedOn.json()]) }
            object.add("status", status)
            object.add("category", [CodeableConcept([category]).json()])
            object.add("code", code.json())
            object.add("subject", subject?.json())
            object.add("effectiveDateTime", effective?.text ?? "")
            if let issued, issued.isInstant { object.add("issued", issued.text) }
            if !performer.isEmpty { object.add("performer", [Reference(display: performer).json()]) }
            add(value, to: &object)
            object.add("interpretation", interpretation.map(Observation.interpretationConcept))
            object.add("note", R4.annotations(notes))
            object.add("bodySite", bodySite?.json())
            object.add("method", CodeableConcept(methodCoding.map { [$0] } ?? [], text: method).json())
            object.add("specimen", specimen?.json())
            object.add("device", device?.json())
            if let range = referenceRange {
                var entry = JSONObject()
                entry.add("low", range.low?.json())
                entry.add("high", range.high?.json())
                entry.add("text", range.text)
                object.add("referenceRange", [.object(entry)])
            }
            object.add("derivedFrom", derivedFrom.map { $0.json() })
            object.add(
                "component",
                components.map { component in
                    var entry = JSONObject()
                    entry.add("code", component.code.json())
                    entry.add("valueCodeableConcept", component.value.json())
                    return .object(entry)
                })
            return .object(object)
        }

        private func add(_ value: Value, to object: inout JSONObject) {
            switch value {
            case .quantity(let quantity): object.add("valueQuantity", quantity.json())
            case .ratio(let numerator, let denominator):
                object.add("valueRatio", ["numerator": numerator.json(), "denominator": denominator.json()])
            case .range(let low, let high):
                var range = JSONObject()
                range.add("low", low?.json())
                range.add("high", high?.json())
                object.add("valueRange", .object(range))
            case .concept(let concept): object.add("valueCodeableConcept", concept.json())
            case .string(let text): object.add("valueString", text)
            case .absent(let code, let text):
                let reason = CodeableConcept([Coding(system: System.dataAbsentReason, code: code)], text: text)
                object.add("dataAbsentReason", reason.json())
            }
        }

        static func interpretationConcept(_ code: String) -> JSONValue {
            guard interpretationCodes.contains(code) else { return CodeableConcept(text: code).json() }
            return CodeableConcept([Coding(system: System.interpretation, code: code)]).json()
        }

        /// Codes of v3 ObservationInterpretation that a result may carry.
        static let interpretationCodes: Set<String> = [
            "B", "D", "U", "W", "<", ">", "A", "AA", "HH", "LL", "H", "HU", "L", "LU", "N", "HX", "LX", "I", "MS",
            "NCL",
            "NS", "R", "SYN-R", "S", "SDD", "SYN-S", "VS", "EX", "IE", "CAR", "Carrier", "DET", "ND", "EXP", "UNE",
            "IND",
            "E", "NEG", "NR", "POS", "RR", "WR", "TOX",
        ]
    }
}

extension JSONObject {
    mutating func add(_ key: String, _ object: JSONObject) { add(key, .object(object)) }
}
