import ResultModel

/// Versions of one document: each names the one before as its only predecessor and has the same title (PS3.3 C.17.2.3).
///
/// A document may be made of others in part, so another title, or several predecessors, make it a document of its own. What
/// an earlier version said and no newer one does is withdrawn.
struct DocumentChain {
    /// A document and what it says about itself.
    typealias Version = (document: StudyDocument, header: DocumentHeader)

    /// Versions that no other replaces: one as a rule.
    private(set) var current: [Version] = []
    /// Versions that were replaced, oldest first.
    private(set) var replaced: [Version] = []

    /// Sorts documents into chains, in the order of the oldest version of each.
    static func chains(_ documents: [Version]) -> [DocumentChain] {
        let sorted = documents.sorted {
            ($0.header.contentTime, $0.header.uid) < ($1.header.contentTime, $1.header.uid)
        }
        var place: [String: Int] = [:]
        for (index, entry) in sorted.enumerated() where place[entry.header.uid] == nil {
            place[entry.header.uid] = index
        }
        let before = sorted.indices.map { index -> Int? in
            let header = sorted[index].header
            guard let earlier = place[header.predecessor], earlier != index else { return nil }
            let other = sorted[earlier].header
            return other.kind == header.kind && other.titleConcept?.key == header.titleConcept?.key ? earlier : nil
        }
        let roots = sorted.indices.map { index -> Int in
            var root = index
            // Documents may name each other in a circle: then each stands for itself.
            for _ in sorted.indices {
                guard let earlier = before[root] else { return root }
                root = earlier
            }
            return index
        }
        let isReplaced = Set(sorted.indices.compactMap { roots[$0] == $0 ? nil : before[$0] })
        var chains: [Int: DocumentChain] = [:]
        for index in sorted.indices {
            var version = sorted[index]
            version.header.key = DocumentHeader.digest([sorted[roots[index]].header.uid])
            version.header.firstWritten = sorted[roots[index]].header.contentTime
            if isReplaced.contains(index) {
                chains[roots[index], default: DocumentChain()].replaced.append(version)
            } else {
                chains[roots[index], default: DocumentChain()].current.append(version)
            }
        }
        return chains.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Rows of all versions: the current ones, and as entered in error those that only a replaced version had.
    func rows(_ options: StudyReport.Options, remarks: inout [String]) -> [Observation] {
        var rows: [Observation] = []
        for version in current {
            let read = DocumentRows(version.document, version.header, options)
            rows += read.rows
            remarks += read.remarks
        }
        guard !replaced.isEmpty, let newest = current.last?.header else { return rows }
        var counts = DocumentChain.counts(rows)
        for version in replaced.reversed() {
            let earlier = DocumentRows(version.document, version.header, options).rows
            var seen: [String: Int] = [:]
            for var row in earlier {
                let key = DocumentChain.key(row)
                seen[key, default: 0] += 1
                guard seen[key, default: 0] > counts[key, default: 0] else { continue }
                counts[key, default: 0] += 1
                row.status = .enteredInError
                row.comments.append("not in the document that replaced this one (\(newest.uid))")
                rows.append(row)
            }
        }
        return rows
    }

    /// What the store knows a row by, but for its place among equals.
    private static func key(_ row: Observation) -> String { row.asSent.code + "\u{1}" + row.run }

    private static func counts(_ rows: [Observation]) -> [String: Int] {
        var counts: [String: Int] = [:]
        for row in rows { counts[key(row), default: 0] += 1 }
        return counts
    }
}
