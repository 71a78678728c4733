/// An ORU^R01 ready to be sent: the same bytes at every attempt.
struct ORUMessage: Sendable, Equatable {
    /// MSH-10, by which the receiver's MSA-2 names it.
    var controlID: String
    /// In the receiver's character set, segments ended by CR, not framed.
    var bytes: [UInt8]
}

/// Why no message can be made of a report for this receiver.
struct ORUFault: Error, Equatable, CustomStringConvertible {
    /// What is wrong and what to do.
    var description: String
}
