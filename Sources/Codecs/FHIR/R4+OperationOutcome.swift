import JSONText

extension R4 {
    /// What a server says about what went wrong (R4 OperationOutcome).
    public struct OperationOutcome: Sendable, Equatable {
        /// One thing that went wrong.
        public struct Issue: Sendable, Equatable {
            /// `fatal`, `error`, `warning`, `information`.
            public var severity: String
            /// issue-type: `invalid`, `duplicate`, `multiple-matches`, `transient` …
            public var code: String
            /// Words: details.text, else a display or code in it, else diagnostics.
            public var text: String
            /// Where: expression, else location.
            public var place: String
        }
        /// Issues in the order given, 50 at most.
        public var issues: [Issue]

        /// Reads an OperationOutcome; nil when it is something else.
        public init?(_ json: JSONValue) {
            guard json["resourceType"]?.string == "OperationOutcome" else { return nil }
            issues = (json["issue"]?.array ?? []).prefix(50).map { issue in
                let coding = issue["details"]?["coding"]?[0]
                let words = [
                    issue["details"]?["text"]?.string, issue["diagnostics"]?.string, coding?["display"]?.string,
                    coding?["code"]?.string,
                ]
                return Issue(
                    severity: issue["severity"]?.string ?? "", code: issue["code"]?.string ?? "",
                    text: R4.text(words.lazy.compactMap { $0 }.first { !$0.isEmpty } ?? ""),
                    place: R4.text(issue["expression"]?[0]?.string ?? issue["location"]?[0]?.string ?? ""))
            }
        }

        /// Reads a response body; nil when it is no OperationOutcome.
        public init?(parsing bytes: [UInt8]) {
            guard let json = try? JSONValue(parsing: bytes) else { return nil }
            self.init(json)
        }

        /// Errors first, in one line of at most 1,000 characters for people; empty when nothing is said.
        public var summary: String {
            let errors = issues.filter { $0.severity == "fatal" || $0.severity == "error" }
            let lines = (errors.isEmpty ? issues : errors).map { issue in
                var line = issue.code
                if !issue.text.isEmpty { line += (line.isEmpty ? "" : ": ") + issue.text }
                if !issue.place.isEmpty { line += " (at " + issue.place + ")" }
                return line
            }
            let joined = lines.filter { !$0.isEmpty }.joined(separator: "; ")
            return String(joined.map { $0.isNewline ? " " : $0 }.prefix(1000))
        }

        /// True when the server says that several resources match a condition.
        public var saysMultipleMatches: Bool { issues.contains { $0.code == "multiple-matches" } }
    }

    /// The answer to a transaction (R4 Bundle of type transaction-response).
    public struct TransactionResponse: Sendable, Equatable {
        /// What became of one entry.
        public struct Entry: Sendable, Equatable {
            /// HTTP status; 0 when the server gave none.
            public var status: Int
            /// Where the resource is now.
            public var location: String
            /// What the server says about it.
            public var outcome: OperationOutcome?
        }
        /// In the order of the request.
        public var entries: [Entry]

        /// Reads a transaction's response; the text says what it is instead.
        public init(parsing bytes: [UInt8]) throws(ResponseFault) {
            let json: JSONValue
            do { json = try JSONValue(parsing: bytes) } catch { throw ResponseFault(problem: "the answer is \(error)") }
            guard json["resourceType"]?.string == "Bundle" else {
                let type = R4.text(json["resourceType"]?.string ?? "")
                throw ResponseFault(problem: "the answer is a “\(type.prefix(64))”, not a Bundle")
            }
            let type = json["type"]?.string ?? ""
            guard type == "transaction-response" || type == "batch-response" else {
                let type = R4.text(type).prefix(64)
                throw ResponseFault(problem: "the answer is a Bundle of type “\(type)”, not transaction-response")
            }
            entries = (json["entry"]?.array ?? []).map { entry in
                let response = entry["response"]
                let words = response?["status"]?.string ?? ""
                return Entry(
                    status: Int(words.prefix { $0.isASCII && $0.isNumber }) ?? 0,
                    location: R4.text(response?["location"]?.string ?? ""),
                    outcome: (response?["outcome"]).flatMap(OperationOutcome.init))
            }
        }
    }

    /// An answer that is no answer to a transaction.
    public struct ResponseFault: Error, Sendable, Equatable, CustomStringConvertible {
        /// What it is instead.
        public var problem: String
        /// Text for people.
        public var description: String { problem }
    }
}
