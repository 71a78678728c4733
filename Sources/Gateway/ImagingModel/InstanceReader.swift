import DICOM

/// Reads the headers of instances that arrive from one device, one after the other, by the parser of the index: one pass over
/// the first bytes of a file, in which nothing is made but the values that are kept.
///
/// For one thread at a time. It gives what `ImageInstance.init(_:rules:callingAE:)` gives for the whole data set, or leaves it
/// to that: what is broken, or so unusual that the columns do not tell.
public final class InstanceReader {
    /// The rules of the device.
    public let rules: ModalityRules
    private let values: ColumnValues
    /// Reads files that declare no character set, where the rules have one for these.
    private let undeclared: ColumnValues?

    /// A reader by the rules of a device; nil where these take values from where only whole data sets are searched.
    public init?(rules: ModalityRules) {
        guard let columns = InstanceColumns(rules) else { return nil }
        self.rules = rules
        values = ColumnValues(columns, characterSet: rules.characterSetChoice)
        undeclared = rules.undeclaredChoice.map { ColumnValues(columns, characterSet: $0) }
    }

    /// Reads a header.
    ///
    /// - Parameters:
    ///   - prefix: the first bytes of the file.
    ///   - isWholeFile: the prefix ends where the file ends.
    ///   - callingAE: who sent it.
    ///   - fetch: as in `HeaderReader.read`.
    /// - Returns: nil where the whole data set has to be read instead.
    /// - Throws: when one of the four UIDs is missing or is none.
    public func read(
        _ prefix: UnsafeRawBufferPointer, isWholeFile: Bool, callingAE: String = "",
        fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) throws(InstanceRefusal) -> InstanceHeader? {
        guard values.read(prefix, isWholeFile: isWholeFile, fetch: fetch) else { return nil }
        guard let undeclared, values.declaresNoCharacterSet else { return try header(values, callingAE) }
        guard undeclared.read(prefix, isWholeFile: isWholeFile, fetch: fetch) else { return nil }
        return try header(undeclared, callingAE)
    }

    private func header(_ values: ColumnValues, _ callingAE: String) throws(InstanceRefusal) -> InstanceHeader? {
        // What lacks a UID is worth looking through as a whole.
        guard let syntax = values.string(.transferSyntax), UIDText.isPossible(syntax), values.hasUIDs else {
            return nil
        }
        var image = try ImageInstance(values: values, rules: rules, callingAE: callingAE)
        image.usedCharacterSet = values.usedCharacterSet()
        return InstanceHeader(image: image, transferSyntax: syntax)
    }
}

/// What a header says.
public struct InstanceHeader: Sendable, Equatable {
    /// The instance.
    public var image: ImageInstance
    /// Transfer Syntax UID.
    public var transferSyntax: String

    /// A header from its parts.
    public init(image: ImageInstance, transferSyntax: String) {
        self.image = image
        self.transferSyntax = transferSyntax
    }

    /// Reads a header as a whole data set.
    ///
    /// - Parameter read: reads the file with text by a choice.
    /// - Throws: what `read` throws; `InstanceRefusal` when one of the four UIDs is missing or is none.
    public init(
        rules: ModalityRules, callingAE: String = "", read: (CharacterSetChoice) throws -> DICOMFile
    ) throws {
        var file = try read(rules.characterSetChoice)
        if let undeclared = rules.undeclaredChoice, file.dataSet[.specificCharacterSet]?.isEmpty ?? true {
            file = try read(undeclared)
        }
        image = try ImageInstance(file.dataSet, rules: rules, callingAE: callingAE)
        transferSyntax = file.transferSyntax
        if let finding = file.characterSetFinding { image.usedCharacterSet = finding.used.declaration }
    }
}
