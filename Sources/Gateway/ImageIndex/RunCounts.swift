/// Counts of a run, by the thread that writes.
struct RunCounts {
    var sums = BatchCounts()
    var errors: [String: Int] = [:]
    var studies = DistinctCount()
    var series = DistinctCount()
    private var modalities: [(code: ModalityCode, count: Int)] = []
    private var lastModality = 0

    mutating func add(_ batch: BatchCounts) {
        sums.files += batch.files
        sums.read += batch.read
        sums.rows += batch.rows
        sums.unchanged += batch.unchanged
        sums.changed += batch.changed
        sums.new += batch.new
        sums.older += batch.older
        sums.bytesRead += batch.bytesRead
    }

    /// Takes an instance.
    mutating func insert(_ mark: InstanceMark) {
        studies.insert(mark.study)
        series.insert(mark.series)
        if lastModality < modalities.count, modalities[lastModality].code == mark.modality {
            modalities[lastModality].count += 1
            return
        }
        if let place = modalities.firstIndex(where: { $0.code == mark.modality }) {
            lastModality = place
        } else if modalities.count < Self.mostModalities {
            lastModality = modalities.count
            modalities.append((mark.modality, 0))
        } else {
            // More than there are in any archive: nonsense is not given more room.
            lastModality = 0
        }
        modalities[lastModality].count += 1
    }

    private static let mostModalities = 256

    /// Instances by Modality.
    var instances: [String: Int] {
        modalities.reduce(into: [:]) { $0[$1.code.text, default: 0] += $1.count }
    }
}
