import Delivery

/// An entry of `destinations:`.
struct DestinationEntry: Sendable {
    /// Where it begins.
    var place: Place
    /// Name for people; empty: the id.
    var name = ""
    /// False: configured; results wait in the queue.
    var isEnabled = true
    /// How results get there.
    var spec: DestinationSpec
    /// Id, unique in the file, stable: the queue is kept under it.
    var id: String { spec.id }
}
