extension DataSet {
    /// The bytes of the data set. Lengths are defined, values padded to even lengths, group lengths left out (PS3.5 7.2).
    ///
    /// A value of more than 65,534 bytes in a representation with a length of 16 bits is written as UN (PS3.5 6.2.2).
    public func encoded(as coding: DataSetCoding = .explicitLittleEndian) -> [UInt8] {
        var bytes: [UInt8] = []
        encode(to: &bytes, coding)
        return bytes
    }

    func encode(to bytes: inout [UInt8], _ coding: DataSetCoding) {
        let isExplicit = coding != .implicitLittleEndian
        for element in elements where !element.tag.isGroupLength {
            switch element.value {
            case .bytes(let value):
                DataSet.header(element, value.count + value.count % 2, to: &bytes, isExplicit)
                bytes.append(contentsOf: value)
                if value.count % 2 == 1 { bytes.append(element.vr.padding) }
            case .items(let items):
                let start = DataSet.header(element, 0, to: &bytes, isExplicit)
                for item in items {
                    bytes.append(contentsOf: [0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0])
                    let start = bytes.count
                    item.encode(to: &bytes, coding)
                    DataSet.patch(&bytes, start, bytes.count - start)
                }
                DataSet.patch(&bytes, start, bytes.count - start)
            case .fragments(let fragments):
                let start = DataSet.header(element, 0, to: &bytes, isExplicit)
                DataSet.patch(&bytes, start, 0xFFFF_FFFF)
                for fragment in fragments {
                    bytes.append(contentsOf: [0xFE, 0xFF, 0x00, 0xE0])
                    bytes.append(littleEndian: UInt64(fragment.count + fragment.count % 2), size: 4)
                    bytes.append(contentsOf: fragment)
                    if fragment.count % 2 == 1 { bytes.append(0) }
                }
                bytes.append(contentsOf: [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0])
            }
        }
    }

    /// - Returns: where the value begins.
    @discardableResult
    private static func header(_ element: Element, _ length: Int, to bytes: inout [UInt8], _ isExplicit: Bool) -> Int {
        bytes.append(littleEndian: UInt64(element.tag.group), size: 2)
        bytes.append(littleEndian: UInt64(element.tag.element), size: 2)
        var vr = element.vr
        if case .items = element.value { vr = .SQ }
        if length > 0xFFFE, !vr.hasLongLength { vr = .UN }
        if isExplicit { bytes.append(contentsOf: vr.rawValue.utf8) }
        if isExplicit, vr.hasLongLength { bytes.append(contentsOf: [0, 0]) }
        bytes.append(littleEndian: UInt64(length), size: isExplicit && !vr.hasLongLength ? 2 : 4)
        return bytes.count
    }

    /// Writes a length into the four bytes before a place.
    private static func patch(_ bytes: inout [UInt8], _ place: Int, _ length: Int) {
        for index in 0..<4 { bytes[place - 4 + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
    }
}
