/// What the Image Pixel Module says of the layout of the pixels (PS3.3 C.7.6.3).
struct PixelDescription: Sendable, Equatable {
    /// (0028,0008); 1 when absent.
    var frames = 1
    /// (0028,0010)
    var rows = 0
    /// (0028,0011)
    var columns = 0
    /// (0028,0002)
    var samples = 1
    /// (0028,0100)
    var bitsAllocated = 0
    /// (0028,0004)
    var photometric = ""
    /// Pixel data, or nil.
    var place: ElementPlace?
    /// (7FE0,0001) Extended Offset Table.
    var offsets: ElementPlace?

    /// Reads it from a file without the values of anything else.
    init(_ file: InstanceFile) throws(WebFault) {
        var walk = file.walk()
        while let element = try walk.next() {
            switch element.tag {
            case 0x0028_0002: samples = try PixelDescription.number(element, file) ?? 1
            case 0x0028_0004: photometric = try PixelDescription.text(element, file)
            case 0x0028_0008: frames = Int(try PixelDescription.text(element, file)) ?? 1
            case 0x0028_0010: rows = try PixelDescription.number(element, file) ?? 0
            case 0x0028_0011: columns = try PixelDescription.number(element, file) ?? 0
            case 0x0028_0100: bitsAllocated = try PixelDescription.number(element, file) ?? 0
            case 0x7FE0_0001: offsets = element
            default: break
            }
            if element.isPixelData {
                place = element
                break
            }
        }
        if frames < 1 { frames = 1 }
    }

    /// Bits of a frame that is not compressed; nil: not to be told.
    var bitsOfFrame: Int? {
        // PS3.3 C.7.6.3.1.2: two pixels of 4:2:2 share their colours.
        let perPixel = photometric == "YBR_FULL_422" && samples == 3 ? 2 : samples
        var bits = bitsAllocated
        for factor in [rows, columns, perPixel] {
            let (product, overflow) = bits.multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            bits = product
        }
        return bits > 0 ? bits : nil
    }

    private static func number(_ element: ElementPlace, _ file: InstanceFile) throws(WebFault) -> Int? {
        guard element.length ?? 0 >= 2 else { return nil }
        return try file.source.read(at: element.value, count: 2).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private static func text(_ element: ElementPlace, _ file: InstanceFile) throws(WebFault) -> String {
        let bytes = try file.source.read(at: element.value, count: min(element.length ?? 0, 64))
        let end = bytes.firstIndex { $0 == 0 || $0 == UInt8(ascii: "\\") } ?? bytes.endIndex
        return String(decoding: bytes[..<end].filter { $0 != 0x20 }, as: UTF8.self)
    }
}
