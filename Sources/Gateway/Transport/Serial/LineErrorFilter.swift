import Glibc

/// Takes out the marks that the terminal driver puts into the stream for line errors (termios(3), PARMRK): `FF 00 x` is a
/// byte x with a parity or framing error, `FF 00 00` a break, `FF FF` the data byte FF. Bytes with errors are kept as they
/// came: the protocol's checksum has the last word.
struct LineErrorFilter {
    private enum Mark {
        case none
        case begun
        case error
    }
    private var mark = Mark.none
    /// Bytes with errors so far, breaks included.
    private(set) var errors: UInt64 = 0

    /// The data bytes in a piece of the stream. Marks may be cut anywhere between pieces.
    mutating func data(in bytes: UnsafeRawBufferPointer) -> [UInt8] {
        if mark == .none, bytes.baseAddress.map({ memchr($0, 0xFF, bytes.count) == nil }) ?? true {
            return Array(bytes)
        }
        var data: [UInt8] = []
        data.reserveCapacity(bytes.count)
        for byte in bytes {
            switch (mark, byte) {
            case (.none, 0xFF): mark = .begun
            case (.none, _): data.append(byte)
            case (.begun, 0x00): mark = .error
            case (.begun, 0xFF):
                data.append(0xFF)
                mark = .none
            case (.begun, _):
                // No mark that the driver makes.
                data.append(0xFF)
                data.append(byte)
                mark = .none
            case (.error, _):
                errors &+= 1
                // A break carries no data.
                if byte != 0 { data.append(byte) }
                mark = .none
            }
        }
        return data
    }
}
