/// A file of PS3.10, or a data set that lies in a file without its header.
public struct DICOMFile: Sendable, Equatable {
    /// How far a file was read.
    public enum Extent: Sendable, Equatable {
        /// To its end.
        case whole
        /// Up to the pixel data, as asked; the offset of their tag.
        case pixelData(offset: Int)
        /// The bytes given are the beginning of more: at least so many are needed to go on, and in a sequence of undefined
        /// length nobody knows how many more; give twice as many as before when that is more. What was complete is there.
        case needsMore(atLeast: Int)
        /// The file ends in the middle, or cannot be read further. What was complete is there; `faults` says why.
        case broken(offset: Int)
    }

    /// How to read.
    public struct ReadOptions: Sendable {
        /// Stop at group 7FE0 of the top level: (7FE0,0001) to (7FE0,0010).
        public var stopsBeforePixelData = false
        /// The bytes are the beginning of a file: an end in the middle is not a fault but a wish for more.
        public var isPrefix = false
        /// What goes wrong behind this element of the top level does not matter, unless elements came out of order before it;
        /// nil: all matters.
        var lastTag: UInt32?
        /// Sequences of the top level whose items are read; others have none. Nil: all.
        var sequences: Set<UInt32>?
        /// By what text is read.
        public var characterSet: CharacterSetChoice = .detect
        /// Transfer syntax of a data set without File Meta Information; nil: found by looking.
        public var transferSyntax: String?
        /// Most bytes that a deflated data set may become.
        public var largestInflated = 256 << 20
        /// Sequences in sequences: how deep is read.
        public var deepestNesting = DataSet.deepestNesting

        /// Everything, by the declared character set unless the bytes say otherwise.
        public init() {}

        /// The metadata of a file of which the beginning is given.
        public static var header: ReadOptions {
            var options = ReadOptions()
            options.stopsBeforePixelData = true
            options.isPrefix = true
            return options
        }
    }

    /// Group 0002.
    public var meta: DataSet
    /// The data set.
    public var dataSet: DataSet
    /// Transfer Syntax UID as declared; without File Meta Information that of what was found.
    public var transferSyntax: String
    /// How the elements were coded, whatever was declared.
    public var coding: DataSetCoding
    /// What was wrong on the way; the file was read all the same.
    public var faults: [DICOMFault]
    /// The first element of the data set itself whose representation is none: where reading may have lost its step.
    var oddElement: DICOMFault?
    /// How far it was read.
    public var extent: Extent
    /// What was found out about the character set, where it was not taken as declared.
    public var characterSetFinding: CharacterSetFinding?

    /// A file to be written.
    public init(meta: DataSet = DataSet(), dataSet: DataSet, transferSyntax: String) {
        self.meta = meta
        self.dataSet = dataSet
        self.transferSyntax = transferSyntax
        coding = TransferSyntax(transferSyntax).coding
        faults = []
        extent = .whole
    }
}

/// By what text is read.
public enum CharacterSetChoice: Sendable, Hashable {
    /// As the data set declares.
    case declared
    /// By this set, whatever is declared.
    case override(SpecificCharacterSet)
    /// As declared, unless the bytes say that they are UTF-8 or Chinese (`CharacterSetFinding`).
    case detect
}

/// That text is read by another character set than declared.
public struct CharacterSetFinding: Sendable, Equatable {
    /// How sure.
    public enum Confidence: String, Sendable, Equatable {
        /// Chosen by whoever set the device up.
        case chosen
        /// The bytes can hardly be anything else.
        case high
        /// More likely than not.
        case low
    }

    /// What the data set declares; empty when nothing.
    public var declared: SpecificCharacterSet
    /// What text is read by.
    public var used: SpecificCharacterSet
    /// How sure.
    public var confidence: Confidence
    /// Why.
    public var reason: String
}
