import CharacterSets

extension SpecificCharacterSet {
    var set: CharacterSet { terms.first.flatMap { CharacterSet(name: $0) } ?? .ascii }
    /// Reads a value field.
    public func decode(_ bytes: ArraySlice<UInt8>, vr: VR) -> String { set.decode(bytes) }

    /// Writes text.
    ///
    /// - Returns: the bytes, and how many characters had to be replaced by `?`.
    public func encode(_ text: String, vr: VR) -> (bytes: [UInt8], substituted: Int) { set.encode(text) }
}
