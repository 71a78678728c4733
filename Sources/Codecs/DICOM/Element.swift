/// A data element (PS3.5 7.1). Its bytes are a slice of what was read, in little endian order.
public struct Element: Sendable, Equatable {
    /// The value field.
    public enum Value: Sendable, Equatable {
        /// Bytes, padding included.
        case bytes(ArraySlice<UInt8>)
        /// Items of a sequence.
        case items([DataSet])
        /// Encapsulated pixel data: the basic offset table, then the fragments (PS3.5 A.4).
        case fragments([ArraySlice<UInt8>])
    }

    /// Tag.
    public var tag: Tag
    /// Value representation as read, or by the dictionary where the syntax has none.
    public var vr: VR
    /// Value field.
    public var value: Value

    /// An element from its parts.
    public init(_ tag: Tag, _ vr: VR, _ value: Value) {
        self.tag = tag
        self.vr = vr
        self.value = value
    }

    /// An element with bytes as its value.
    public init(_ tag: Tag, _ vr: VR, bytes: [UInt8]) { self.init(tag, vr, .bytes(bytes[...])) }

    /// The bytes of the value field; nil for sequences and encapsulated pixel data.
    public var bytes: ArraySlice<UInt8>? { if case .bytes(let bytes) = value { bytes } else { nil } }

    /// The representation to read the value by: that of the dictionary for UN of a known element.
    public var effectiveVR: VR { vr == .UN ? DataDictionary.vr(tag) ?? .UN : vr }

    /// True for a value field without bytes, items and fragments.
    public var isEmpty: Bool {
        switch value {
        case .bytes(let bytes): bytes.isEmpty
        case .items(let items): items.isEmpty
        case .fragments(let fragments): fragments.isEmpty
        }
    }
}
