/// Where an element is, as configuration and command line write it: tags or keywords from the top, with `/` between.
///
/// `AccessionNumber`, `00080050`, `0008,0050`; `RequestAttributesSequence/RequestedProcedureID` (first item),
/// `00400275[2]/00401001` (second item); a private element by its creator and the last two digits (PS3.5 7.8):
/// `0029,"SIEMENS CSA HEADER",08`.
public struct ElementPath: Sendable, Hashable, CustomStringConvertible {
    /// One step.
    public enum Step: Sendable, Hashable {
        /// A tag.
        case tag(Tag)
        /// A private element: group, creator, the low byte of the element number.
        case privateElement(group: UInt16, creator: String, element: UInt8)
    }

    /// Sequences to go through, each with the number of its item, from 1.
    public let sequences: [(step: Step, item: Int)]
    /// The element.
    public let last: Step
    /// As written.
    public let description: String

    /// Reads a path; nil for what is none.
    public init?(_ text: String) {
        var steps: [(step: Step, item: Int)] = []
        for part in ElementPath.parts(text) {
            guard let step = ElementPath.step(part) else { return nil }
            steps.append(step)
        }
        guard let last = steps.popLast(), steps.count < DataSet.deepestNesting, last.item == 1 else { return nil }
        sequences = steps
        self.last = last.step
        description = text
    }

    /// Equal when written alike.
    public static func == (left: ElementPath, right: ElementPath) -> Bool { left.description == right.description }

    /// Equal when written alike.
    public func hash(into hasher: inout Hasher) { hasher.combine(description) }

    /// Splits at slashes outside of quotes.
    private static func parts(_ text: String) -> [String] {
        var parts = [""]
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character == "/", !isQuoted { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }

    private static func step(_ text: String) -> (step: Step, item: Int)? {
        var text = text[...]
        var item = 1
        if text.hasSuffix("]"), let open = text.lastIndex(of: "[") {
            guard let number = Int(text[text.index(after: open)...].dropLast()), number > 0 else { return nil }
            item = number
            text = text[..<open]
        }
        let quoted = text.split(separator: "\"", omittingEmptySubsequences: false)
        if quoted.count == 3 {
            guard quoted[0].hasSuffix(","), quoted[2].hasPrefix(","), quoted[0].utf8.count == 5,
                let group = UInt16(quoted[0].dropLast(), radix: 16), group & 1 == 1, quoted[2].utf8.count == 3,
                let element = UInt8(quoted[2].dropFirst(), radix: 16), !quoted[1].isEmpty
            else { return nil }
            return (.privateElement(group: group, creator: String(quoted[1]), element: element), item)
        }
        guard let tag = Tag(String(text)) ?? Tag(keyword: String(text)) else { return nil }
        return (.tag(tag), item)
    }
}

extension DataSet {
    /// The tag of a private element in this data set: the block that its creator has reserved (PS3.5 7.8.1). Nil when it has
    /// none.
    public func privateTag(group: UInt16, creator: String, element: UInt8) -> Tag? {
        for block in UInt16(0x10)...0xFF {
            let tag = Tag(group, block)
            if contains(tag), string(tag) == creator { return Tag(group, block << 8 | UInt16(element)) }
        }
        return nil
    }

    /// The tag that a step means in this data set.
    public func tag(of step: ElementPath.Step) -> Tag? {
        switch step {
        case .tag(let tag): tag
        case .privateElement(let group, let creator, let element):
            privateTag(group: group, creator: creator, element: element)
        }
    }

    /// The data set that holds the element of a path, and its tag. Nil when a sequence or item on the way is not there.
    public func find(_ path: ElementPath) -> (dataSet: DataSet, tag: Tag)? {
        var set = self
        for (step, item) in path.sequences {
            guard let tag = set.tag(of: step) else { return nil }
            let items = set.items(tag)
            guard items.indices.contains(item - 1) else { return nil }
            set = items[item - 1]
        }
        return set.tag(of: path.last).map { (set, $0) }
    }

    /// The whole value of the element of a path as text; nil when absent or empty.
    public func text(_ path: ElementPath) -> String? { find(path).flatMap { $0.dataSet.text($0.tag) } }

    /// The first value of the element of a path; nil when absent or empty.
    public func string(_ path: ElementPath) -> String? { find(path).flatMap { $0.dataSet.string($0.tag) } }
}
