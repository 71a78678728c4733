extension DataSet {
    /// Writes all text anew in another character set, sequences included, and declares it. What the set cannot say becomes
    /// `?`.
    ///
    /// - Returns: how many characters were replaced.
    @discardableResult
    public mutating func setCharacterSet(_ set: SpecificCharacterSet) -> Int {
        let substituted = rewrite(in: set)
        declare(set)
        return substituted
    }

    /// Reads the text by another set than declared; bytes stay as they are.
    mutating func readText(by set: SpecificCharacterSet) {
        characterSet = set
        for index in elements.indices {
            guard case .items(var items) = elements[index].value else { continue }
            for place in items.indices { items[place].readText(by: set) }
            elements[index].value = .items(items)
        }
    }

    /// Gives the set to items that declare none.
    mutating func passOnCharacterSet() {
        let set = characterSet
        for index in elements.indices {
            guard case .items(var items) = elements[index].value else { continue }
            for place in items.indices where !items[place].contains(.specificCharacterSet) {
                items[place].characterSet = set
                items[place].passOnCharacterSet()
            }
            elements[index].value = .items(items)
        }
    }

    /// True when text, here or in items, has bytes above 7F.
    var hasTextBeyondASCII: Bool {
        elements.contains { element in
            switch element.value {
            case .items(let items): items.contains { $0.hasTextBeyondASCII }
            case .bytes(let bytes): element.vr.isText && bytes.contains { $0 >= 0x80 }
            case .fragments: false
            }
        }
    }

    /// Becomes an item of a data set in a character set: text written anew where needed, the own declaration dropped.
    mutating func adopt(_ set: SpecificCharacterSet) {
        _ = rewrite(in: set)
        declare(.default)
        characterSet = set
    }

    mutating func declare(_ set: SpecificCharacterSet) {
        let (place, isFound) = place(of: .specificCharacterSet)
        if isFound { elements.remove(at: place) }
        if set.terms.isEmpty { return }
        var bytes = Array(set.declaration.utf8)
        if bytes.count % 2 == 1 { bytes.append(0x20) }
        elements.insert(Element(.specificCharacterSet, .CS, bytes: bytes), at: place)
    }

    private mutating func rewrite(in set: SpecificCharacterSet) -> Int {
        var substituted = 0
        let old = characterSet
        for index in elements.indices {
            let element = elements[index]
            switch element.value {
            case .items(var items):
                for place in items.indices {
                    substituted += items[place].rewrite(in: set)
                    items[place].declare(.default)
                }
                elements[index].value = .items(items)
            case .bytes(let bytes) where element.vr.isText && old != set && bytes.contains { $0 >= 0x80 || $0 == 0x1B }:
                let text = DataSet.trimmed(decoded(bytes, element.vr), element.vr)
                let coded = set.encode(text, vr: element.vr)
                elements[index].value = .bytes((coded.bytes.count % 2 == 0 ? coded.bytes : coded.bytes + [0x20])[...])
                substituted += coded.substituted
            default: break
            }
        }
        characterSet = set
        return substituted
    }
}
