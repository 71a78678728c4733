/// A value of the file that was read last: where its bytes are and by what representation they are to be read. The bytes lie
/// in the prefix that was given to `HeaderReader.read` or in the reader's own store.
struct HeaderSlot {
    /// First byte; nil where the element is absent.
    var start: UnsafeRawPointer?
    /// Bytes of the value; of a sequence only where columns by path look into it.
    var length: UInt32
    /// Items of a sequence.
    var items: UInt32
    /// Representation to read it by: the file's; the dictionary's where the file has none, or UN.
    var vr: VR
    var flags: Flags

    struct Flags: OptionSet {
        let rawValue: UInt8
        /// In the reader's own store, not in the prefix.
        static let isKept = Flags(rawValue: 1)
        /// The beginning of a longer value.
        static let isCut = Flags(rawValue: 2)
        /// Was converted: the bytes are UTF-8.
        static let isUTF8 = Flags(rawValue: 8)
        /// The elements in the items of this sequence have no representations.
        static let isImplicit = Flags(rawValue: 16)
    }

    static var absent: HeaderSlot { HeaderSlot(start: nil, length: 0, items: 0, vr: .UN, flags: []) }

    /// True for one binary number, of which no form of a row has anything to escape.
    @inline(__always) var isOneNumber: Bool {
        switch vr {
        case .US, .SS: length == 2
        case .UL, .SL, .FL: length == 4
        case .FD, .UV, .SV: length == 8
        default: false
        }
    }

    /// True where the value is binary numbers of any count.
    @inline(__always) var isNumbers: Bool {
        switch vr {
        case .US, .SS, .UL, .SL, .UV, .SV, .FL, .FD: true
        default: false
        }
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: Int(length)) }
}

/// Memory of a reader: values that are not in the prefix, given out in order and taken back as a whole; behind them the
/// window that is moved along a long header. Reserved at the first need; what is not used costs nothing.
struct HeaderStore: ~Copyable {
    private(set) var base: UnsafeMutableRawPointer?
    private var used = 0
    /// With the window under a megabyte a reader.
    static let capacity = 640 << 10
    /// Bytes behind each value that may be read and mean nothing.
    static let slack = 16

    init() {}

    deinit { base?.deallocate() }

    mutating func removeAll() { used = 0 }

    /// Where reading by eight bytes has to stop, values and window alike.
    var limit: UnsafeRawPointer? { base.map { UnsafeRawPointer($0 + HeaderStore.all) } }
    private static let all = capacity + HeaderWindow.capacity + slack

    /// What was given out so far: to be taken back to.
    var mark: Int { used }

    mutating func takeBack(to mark: Int) { used = min(mark, used) }

    /// Where the window is.
    mutating func window() -> UnsafeMutableRawPointer { memory() + HeaderStore.capacity }

    private mutating func memory() -> UnsafeMutableRawPointer {
        if let base { return base }
        let new = UnsafeMutableRawPointer.allocate(byteCount: HeaderStore.all, alignment: 16)
        base = new
        return new
    }

    /// Copies bytes, as many of them as there is room for.
    ///
    /// - Returns: the copy, and whether all of them are in it.
    mutating func keep(_ bytes: UnsafeRawBufferPointer) -> (start: UnsafeRawPointer, count: Int) {
        let base = memory()
        let count = max(0, min(bytes.count, Self.capacity - used - Self.slack))
        let start = base + used
        if let source = bytes.baseAddress { start.copyMemory(from: source, byteCount: count) }
        used += count + 15 & ~15
        used = min(used, Self.capacity - Self.slack)
        return (UnsafeRawPointer(start), count)
    }
}
