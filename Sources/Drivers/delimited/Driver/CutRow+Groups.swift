extension CutRow {
    /// The records in a row of groups whose last cell has a fixed width: a check character may follow it, and where nothing
    /// ends a record, the next one. Anything else behind the groups that a record promises is as it was.
    func divided(_ groups: TestGroups) -> [CutRow] {
        guard let width = groups.lastWidth, let kind = cells.first.map(Condition.trimmed), !kind.isEmpty,
            let place = groups.count, place <= cells.count, let number = Int(Condition.trimmed(cells[place - 1])),
            (1...cells.count).contains(number)
        else { return [self] }
        let last = groups.first - 2 + number * groups.size
        guard last >= 0, last < cells.count, cells[last].unicodeScalars.count > width else { return [self] }
        let behind = String(cells[last].unicodeScalars.dropFirst(width))
        var record = CutRow(cells: Array(cells[...last]), isWhole: Array(isWhole[...last]))
        record.cells[last] = String(String.UnicodeScalarView(cells[last].unicodeScalars.prefix(width)))
        record.isWhole[last] = true
        guard last + 1 < cells.count else { return [record] }
        guard Condition.trimmed(behind).hasSuffix(kind) else { return [self] }
        let next = CutRow(cells: [kind] + cells[(last + 1)...], isWhole: [true] + isWhole[(last + 1)...])
        return [record] + next.divided(groups)
    }
}
