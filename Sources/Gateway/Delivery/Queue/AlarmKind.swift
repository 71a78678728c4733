/// Kinds of alarms that a destination raises.
public enum AlarmKind {
    /// The receiver cannot be reached, does not answer, or refuses everything. Cleared when it takes something again.
    public static let destinationDown = "destination-down"
    /// Its settings cannot be used. Cleared when it starts.
    public static let settings = "destination-settings"
    /// An item waits for a person. Not cleared here: whoever resends or discards the last one clears it.
    public static let deadLetter = "dead-letter"
    /// Acknowledgements that name no message of ours. Cleared by the next right one.
    public static let wrongAcknowledgement = "wrong-acknowledgement"
    /// An archive does not take requests for storage commitment, or reports what nobody asked for. Cleared by the next
    /// request that it takes.
    public static let storageCommitment = "storage-commitment"
}
