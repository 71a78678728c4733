/// Where each frame of an image stands in its file (PS3.5 8.1.1, A.4).
struct FrameTable: Sendable {
    /// Bytes of the file, or bits of it where frames do not begin at bytes.
    enum Place: Sendable, Equatable {
        /// One after the other.
        case bytes([Range<Int>])
        /// `count` bits from bit `first` of the value at byte `value`, the lowest bit of a byte first.
        case bits(value: Int, first: Int, count: Int)
    }

    /// Frames in order.
    let frames: [Place]

    /// Most fragments that are followed.
    static let mostFragments = 1 << 20

    /// The table of an image.
    init(_ file: InstanceFile) throws(WebFault) {
        let pixels = try PixelDescription(file)
        guard let place = pixels.place else { throw .notFound("the instance has no pixels") }
        if let length = place.length {
            frames = try FrameTable.native(pixels, at: place.value, length: length)
        } else {
            frames = try FrameTable.encapsulated(pixels, place, file)
        }
    }

    /// The frame with a number from 1.
    func frame(_ number: Int) throws(WebFault) -> Place {
        guard number >= 1, number <= frames.count else {
            throw .notFound("there is no frame \(number): the instance has \(frames.count)")
        }
        return frames[number - 1]
    }

    private static func native(_ pixels: PixelDescription, at value: Int, length: Int) throws(WebFault) -> [Place] {
        guard let bits = pixels.bitsOfFrame else {
            throw .internalError("its header does not say how large a frame is")
        }
        let (whole, overflow) = bits.multipliedReportingOverflow(by: pixels.frames)
        guard !overflow, whole <= length * 8, pixels.frames <= mostFragments else {
            throw .internalError(
                "its pixel data have \(length) bytes, its header speaks of \(pixels.frames) frames of \(bits) bits")
        }
        return (0..<pixels.frames).map { number in
            if bits % 8 == 0 {
                let start = value + number * (bits / 8)
                return .bytes([start..<start + bits / 8])
            }
            return .bits(value: value, first: number * bits, count: bits)
        }
    }

    private static func encapsulated(_ pixels: PixelDescription, _ place: ElementPlace, _ file: InstanceFile)
        throws(WebFault) -> [Place]
    {
        var items = try fragments(at: place.value, file)
        guard !items.isEmpty else { throw .internalError("its pixel data have no fragments") }
        let table = items.removeFirst()
        // Offsets count from the first byte of the item tag of the first fragment (PS3.5 A.4).
        let first = (items.first?.lowerBound ?? 0) - 8
        if let offsets = pixels.offsets {
            let starts = try numbers(offsets, file, size: 8)
            if starts.count == pixels.frames { return try group(items, starts: starts, first: first) }
        }
        if pixels.frames == 1 { return [.bytes(items)] }
        if !table.isEmpty {
            let bytes = try file.source.read(at: table.lowerBound, count: min(table.count, mostFragments * 4))
            let starts = FrameTable.numbers(bytes, size: 4)
            if starts.count == pixels.frames { return try group(items, starts: starts, first: first) }
        }
        if items.count == pixels.frames { return items.map { .bytes([$0]) } }
        return try grouped(items, frames: pixels.frames, file)
    }

    /// Items of encapsulated pixel data, the offset table first.
    private static func fragments(at start: Int, _ file: InstanceFile) throws(WebFault) -> [Range<Int>] {
        var window = ByteWindow(file.source)
        var ranges: [Range<Int>] = []
        var position = start
        while let group = try window.uint16(at: position), let element = try window.uint16(at: position + 2),
            let length = try window.uint32(at: position + 4)
        {
            if group == 0xFFFE, element == 0xE0DD { return ranges }
            let end = position + 8 + Int(length)
            guard group == 0xFFFE, element == 0xE000, length != 0xFFFF_FFFF, end <= window.count,
                ranges.count <= mostFragments
            else { throw .internalError("its pixel data are damaged at byte \(position)") }
            ranges.append(position + 8..<end)
            position = end
        }
        throw .internalError("its pixel data break off at byte \(position)")
    }

    /// Fragments of each frame by a table of offsets.
    private static func group(_ items: [Range<Int>], starts: [Int], first: Int) throws(WebFault) -> [Place] {
        var frames: [Place] = []
        frames.reserveCapacity(starts.count)
        var rest = items[...]
        for number in starts.indices {
            let next = number + 1 < starts.count ? starts[number + 1] : Int.max
            var own: [Range<Int>] = []
            while let item = rest.first, item.lowerBound - 8 - first < next {
                own.append(item)
                rest = rest.dropFirst()
            }
            guard !own.isEmpty else { throw .internalError("its table of offsets does not fit its fragments") }
            frames.append(.bytes(own))
        }
        return frames
    }

    /// More fragments than frames and no table: a frame begins where its codestream begins (JPEG, JPEG-LS: FFD8; JPEG 2000:
    /// FF4F).
    private static func grouped(_ items: [Range<Int>], frames: Int, _ file: InstanceFile) throws(WebFault) -> [Place] {
        var groups: [[Range<Int>]] = []
        for item in items {
            let bytes = try file.source.read(at: item.lowerBound, count: 2)
            let begins = bytes == [0xFF, 0xD8] || bytes == [0xFF, 0x4F]
            if begins || groups.isEmpty { groups.append([item]) } else { groups[groups.count - 1].append(item) }
        }
        guard groups.count == frames else {
            throw .internalError("its \(items.count) fragments cannot be divided among its \(frames) frames")
        }
        return groups.map { .bytes($0) }
    }

    private static func numbers(_ element: ElementPlace, _ file: InstanceFile, size: Int) throws(WebFault) -> [Int] {
        let bytes = try file.source.read(at: element.value, count: min(element.length ?? 0, mostFragments * size))
        return numbers(bytes, size: size)
    }

    private static func numbers(_ bytes: [UInt8], size: Int) -> [Int] {
        stride(from: 0, to: bytes.count / size * size, by: size).map { place in
            let value = bytes[place..<place + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return Int(clamping: value)
        }
    }
}
