/// A live link to a device: one TCP connection, one open serial line, one file being read. Made by Transport.
public protocol Link: AnyObject, Sendable {
    /// Id of the device in hilum.yaml.
    var device: String { get }
    /// For people and the journal: `10.0.0.7:51234`, `/dev/ttyUSB0 9600 8N1`, `results/2024.csv`.
    var peer: String { get }
    /// Puts bytes on the wire, in the order of the calls. Never blocks; a link that is down drops them.
    func send(_ bytes: [UInt8])
    /// A message is durable. For a link whose medium itself acknowledges message by message; of those there are, none
    /// does: a connection is answered by what is sent, a file is taken as a whole by `finished`.
    func acknowledge()
    /// After `ended`, once everything received is durable and everything answered: a file is moved or marked, a connection
    /// whose other side has closed is closed. Must not be called while a commit is still under way; ignored after `close`.
    func finished()
    /// Starts or stops reading from the wire (back-pressure: the device is held up, nothing is lost).
    func setReading(_ reading: Bool)
    /// Closes the link; a TCP device will come again, a serial line is opened again after `reopen`.
    func close(reason: String)
}

extension Link {
    /// A link that needs nothing more than being closed.
    public func finished() { close(reason: "done") }
}

/// What happens on a link. All events of one link come in order, from one caller at a time.
public enum LinkEvent: Sendable {
    /// The link is open.
    case up(any Link)
    /// Bytes as read from the wire, not empty.
    case received(any Link, [UInt8], Instant)
    /// The other side has closed, or the file ends: nothing more will be received. To be answered by `Link.finished`; until
    /// then a file counts as unread, and a connection stays open for answers for 5 s at most.
    case ended(any Link)
    /// The link is gone; nothing more will be said about it.
    case down(any Link, reason: String)
    /// The link of a device cannot be opened or was lost; retried by Transport. `cure` says what a person can do.
    case trouble(device: String, problem: String, cure: String)
}

/// Takes what happens on links.
public protocol LinkEventSink: Sendable {
    /// Called by Transport on its own threads; must not block.
    func handle(_ event: LinkEvent)
}
