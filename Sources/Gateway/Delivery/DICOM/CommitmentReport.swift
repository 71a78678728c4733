import DICOM

/// Event information of a storage commitment report (PS3.4 J.3.3).
struct CommitmentReport: Sendable, Equatable {
    /// Transaction UID of the request that it answers.
    var transaction: String
    /// SOP Instance UIDs that the archive has committed itself to.
    var committed: [String]
    /// Those that it has not, with Failure Reason (0008,1197).
    var failed: [Failure]

    /// An instance that is not committed.
    struct Failure: Sendable, Equatable {
        var sopInstance: String
        var reason: UInt16
    }

    /// Reads a data set in Explicit VR Little Endian; nil: it names no transaction.
    init?(_ body: [UInt8]) {
        guard let dataSet = try? DataSet.parse(body),
            let transaction = dataSet.string(.transactionUID)
        else { return nil }
        self.transaction = transaction
        committed = dataSet.items(.referencedSOPSequence).compactMap { $0.string(.referencedSOPInstanceUID) }
        failed = dataSet.items(.failedSOPSequence).compactMap { item in
            item.string(.referencedSOPInstanceUID).map {
                Failure(sopInstance: $0, reason: UInt16(clamping: item.integer(.failureReason) ?? 0x0110))
            }
        }
    }
}
