import DICOM

/// Keywords of the data dictionary for whoever mistyped one.
enum IndexKeywords {
    /// At most three keywords near a word: those that differ by a few letters, then those that begin with it or have it in
    /// them.
    static func near(_ word: String) -> [String] {
        let lowered = word.lowercased()
        let all = DataDictionary.tags.compactMap(\.keyword)
        var found: [String] = []
        if let closest = Spelling.closest(to: word, among: all) { found.append(closest) }
        func add(_ candidates: [String]) {
            for keyword in candidates.sorted(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) })
            where found.count < 3 && !found.contains(keyword) {
                found.append(keyword)
            }
        }
        add(all.filter { $0.lowercased().hasPrefix(lowered) })
        if found.isEmpty { add(all.filter { $0.lowercased().contains(lowered) }) }
        return found
    }
}
