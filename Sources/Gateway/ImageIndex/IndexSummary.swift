/// What a run of an index has done so far, or in all.
public struct IndexSummary: Sendable, Equatable {
    /// Files met, in zip files as well.
    public var files = 0
    /// Files whose header was read.
    public var read = 0
    /// Rows written, those taken over from an earlier run included.
    public var rows = 0
    /// Files that a resumed run found as they were.
    public var unchanged = 0
    /// Files that a resumed run found changed, and read again.
    public var changed = 0
    /// Files that a resumed run met for the first time.
    public var new = 0
    /// Files of the earlier run that are no more.
    public var vanished = 0
    /// Files left out by `since`.
    public var older = 0
    /// Files that are not DICOM (counted in `errors` as well, by reason `not-dicom`).
    public var notDICOM = 0
    /// Files and folders in the errors file, by reason.
    public var errors: [String: Int] = [:]
    /// Studies, series: different UIDs, exact up to a million of either, beyond that estimated (`isEstimate`).
    public var studies = 0
    /// Different Series Instance UIDs.
    public var series = 0
    /// Instances by Modality; empty text: no modality.
    public var instances: [String: Int] = [:]
    /// True when `studies` and `series` are estimates, within some per cent.
    public var isEstimate = false
    /// Bytes read from files.
    public var bytesRead: Int64 = 0
    /// Wall-clock time so far, in seconds.
    public var seconds = 0.0
    /// Processor time of this process so far, user and system, in seconds.
    public var processorSeconds = 0.0
    /// True when the run was stopped before its end.
    public var isInterrupted = false
    /// Why a run that was to be resumed read everything; nil: it went on from the earlier one, or was not to.
    public var restart: String?
    /// True when the beginnings of files were read through io_uring.
    public var usedRing = false

    /// Nothing done yet.
    public init() {}
}
