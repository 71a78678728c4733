import Delivery
import JSONText
import Transport

/// An entry of `destinations:`.
struct DestinationEntry: Sendable {
    /// Where it begins.
    var place: Place
    /// Id, unique in the file, stable: the queue is kept under it.
    var id: String
    /// Name for people; empty: the id.
    var name = ""
    /// False: configured; results wait in the queue.
    var isEnabled = true
    /// How results get there.
    var way: Way
    /// First pause after a failure.
    var retryFirst = Duration.seconds(1)
    /// Longest pause.
    var retryLongest = Duration.seconds(300)
    /// Attempts after AE or CE, or a server's refusal that may be passing, before a person has to look.
    var attempts = 5

    /// Ways to a destination.
    enum Way: Sendable {
        /// ORU^R01 over MLLP.
        case hl7(HL7Entry)
        /// FHIR R4 transactions.
        case fhir(FHIREntry)
        /// Files.
        case folder(FolderEntry)
    }

    /// `hl7:`
    struct HL7Entry: Sendable {
        /// Host.
        var host: String
        /// Port.
        var port: Int
        /// TLS, nil: none.
        var tls: TLSSettings?
        /// Connections at a time; results of one patient always take the same.
        var connections = 1
        /// How long to wait for a connection.
        var connectTimeout = Duration.seconds(10)
        /// How long to wait for the acknowledgement.
        var timeout = Duration.seconds(30)
        /// What the receiver understands.
        var receiver = ReceiverProfile()
    }

    /// `fhir:`
    struct FHIREntry: Sendable {
        /// Base of the server.
        var url: String
        /// Credentials.
        var auth = Credentials.none
        /// TLS settings besides those of the system.
        var tls: TLSSettings?
        /// Requests at a time.
        var connections = 4
        /// How long to wait for the answer.
        var timeout = Duration.seconds(30)
        /// URI that identifiers and local codes of this site begin with.
        var system = ""
    }

    /// `folder:`
    struct FolderEntry: Sendable {
        /// Forms of the files.
        enum Format: String, Sendable, CaseIterable {
            /// ORU^R01, `.hl7`.
            case hl7
            /// Transaction bundle, `.json`.
            case fhir
        }
        /// The folder.
        var path: String
        /// Form of the files.
        var format = Format.hl7
        /// Settings of the messages where they are ORU^R01.
        var receiver = ReceiverProfile()
        /// As in `fhir:`, where they are bundles.
        var system = ""
    }

    /// Credentials by reference: a secret never stands in the configuration.
    enum Credentials: Sendable, Hashable {
        /// None.
        case none
        /// Bearer token.
        case bearer(Secret)
        /// User and password.
        case basic(user: String, password: Secret)
    }

    /// Where a secret is.
    enum Secret: Sendable, Hashable {
        /// In a file: its first line.
        case file(String)
        /// In an environment variable.
        case environment(String)
    }
}
