/// A data set: elements in the order of their tags, each at most once (PS3.5 7).
///
/// Elements are slices of the buffer they were read from and are decoded when asked for. A new data set declares no
/// character set until text beyond ASCII is put in: then it declares UTF-8, unless another was chosen.
public struct DataSet: Sendable, Equatable {
    /// Elements, sorted by tag.
    public internal(set) var elements: [Element] = []
    /// The character set by which text is read and written: that of (0008,0005), or of the enclosing data set, or what was
    /// chosen in its place when reading.
    public internal(set) var characterSet: SpecificCharacterSet = .default

    /// An empty data set.
    public init() {}

    /// An empty data set that writes text in a character set, and declares it.
    public init(characterSet: SpecificCharacterSet) {
        self.characterSet = characterSet
        declare(characterSet)
    }

    /// A data set of elements in any order; of two with one tag the first counts.
    public init(elements: [Element]) {
        self.elements = DataSet.sorted(elements)
        characterSet = self[.specificCharacterSet].flatMap { SpecificCharacterSet(declaration: $0) } ?? .default
        passOnCharacterSet()
    }

    /// Elements in the order of their tags; the first of two with one tag.
    static func sorted(_ elements: [Element]) -> [Element] {
        let order = elements.indices.sorted {
            elements[$0].tag == elements[$1].tag ? $0 < $1 : elements[$0].tag < elements[$1].tag
        }
        var sorted: [Element] = []
        sorted.reserveCapacity(elements.count)
        for index in order where sorted.last?.tag != elements[index].tag { sorted.append(elements[index]) }
        return sorted
    }

    /// True without elements.
    public var isEmpty: Bool { elements.isEmpty }

    /// True when an element is there, empty or not.
    public func contains(_ tag: Tag) -> Bool { place(of: tag).isFound }

    /// The element with a tag. Setting (0008,0005) says by what the text already there is to be read; use
    /// `setCharacterSet(_:)` to write it anew in another set.
    public subscript(_ tag: Tag) -> Element? {
        get {
            let (place, isFound) = place(of: tag)
            return isFound ? elements[place] : nil
        }
        set {
            let (place, isFound) = place(of: tag)
            if var newValue {
                newValue.tag = tag
                if isFound { elements[place] = newValue } else { elements.insert(newValue, at: place) }
            } else if isFound {
                elements.remove(at: place)
            }
            if tag == .specificCharacterSet {
                characterSet = newValue.flatMap { SpecificCharacterSet(declaration: $0) } ?? .default
                passOnCharacterSet()
            }
        }
    }

    /// Removes an element.
    public mutating func remove(_ tag: Tag) { self[tag] = nil }

    /// Two data sets are equal when their elements are.
    public static func == (left: DataSet, right: DataSet) -> Bool { left.elements == right.elements }

    /// Where a tag is, or where it would have to be put.
    func place(of tag: Tag) -> (place: Int, isFound: Bool) {
        var low = 0
        var high = elements.count
        while low < high {
            let middle = (low + high) / 2
            if elements[middle].tag < tag { low = middle + 1 } else { high = middle }
        }
        return (low, low < elements.count && elements[low].tag == tag)
    }
}
