/// Numbers of messages on the socket of one process of a service.
///
/// Both sides number their questions from where they like, and a new process begins anew: an answer on its way to a process
/// that has ended would answer a question of the next one (and tell a modality that an image is safe which is not). So the
/// numbers of a process's questions carry, for the owner, which process it is; an answer to another one is dropped. Numbers
/// of the owner's questions carry a mark on the socket, by which their results are told from the process's own questions.
struct ServiceNumbering: Sendable, Equatable {
    /// Which process, from 1.
    let process: UInt64

    /// Numbers of either side are smaller.
    static let limit: UInt64 = 1 << 47
    private static let shift: UInt64 = 48

    /// - Parameters:
    ///   - start: counts the starts of the service, from 0.
    init(start: Int) { process = UInt64(truncatingIfNeeded: start) % 0xFFFF + 1 }

    /// The number on the socket of one that the owner gave; nil: it answers a process that is gone, or is too large.
    func onSocket(_ number: UInt64) -> UInt64? {
        if number == 0 { return 0 }
        if number < Self.limit { return number | Self.limit }
        guard number >> Self.shift == process else { return nil }
        let own = number & (1 << Self.shift - 1)
        return own < Self.limit ? own : nil
    }

    /// The number for the owner of one on the socket; nil: no process gives such a number.
    func forOwner(_ number: UInt64) -> UInt64? {
        if number == 0 { return 0 }
        if number < Self.limit { return number | process << Self.shift }
        return number < 2 * Self.limit ? number & (Self.limit - 1) : nil
    }
}
