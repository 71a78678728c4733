/// A request that is not served: a status and the reason, told to the client as text (PS3.18 8.5).
struct WebFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// HTTP status.
    var status: Int
    /// What is wrong with the request, and what would be right.
    var reason: String
    /// Header fields that belong to the status.
    var fields: [String: String] = [:]

    /// Text for people.
    var description: String { "\(status): \(reason)" }

    /// The request cannot be understood.
    static func badRequest(_ reason: String) -> WebFault { WebFault(status: 400, reason: reason) }
    /// The resource is not held here.
    static func notFound(_ reason: String) -> WebFault { WebFault(status: 404, reason: reason) }
    /// None of the media types that the client takes can be made (PS3.18 8.7.4).
    static func notAcceptable(_ reason: String) -> WebFault { WebFault(status: 406, reason: reason) }
    /// The archive cannot answer now.
    static func unavailable(_ reason: String) -> WebFault {
        WebFault(status: 503, reason: reason, fields: ["Retry-After": "5"])
    }
    /// Something is wrong on our side.
    static func internalError(_ reason: String) -> WebFault { WebFault(status: 500, reason: reason) }
}
