import DICOM
import Glibc

/// Why a file, a folder or an entry of an archive has no row: a line of the errors file.
struct FileFault: Sendable, Equatable {
    /// Kind of fault, the third column; also the key of `IndexSummary.errors`. The codes of `DICOMFault`, written with
    /// hyphens, are the others.
    enum Reason {
        static let permission = "permission"
        static let notRegular = "not-regular"
        static let vanished = "vanished"
        static let missing = "missing"
        static let loop = "loop"
        static let shrank = "shrank"
        static let nesting = "folder-depth"
        static let inputOutput = "io"
        static let notDICOM = "not-dicom"
        static let truncated = "truncated"
        static let zip = "zip-structure"
        static let zipEncrypted = "zip-encrypted"
        static let zipMethod = "zip-method"
        static let zipOverlap = "zip-overlap"
        static let zipNested = "zip-nested"
        static let zipData = "zip-data"
        static let zipLimit = "zip-limit"
    }

    /// As in the column `Path` of a row.
    var path: [UInt8]
    /// Byte offset; nil: of no meaning.
    var offset: Int?
    var reason: String
    var text: String
    /// The fault is in the content: the same bytes give it again.
    var isOfContent = false

    /// Reason and words for a failed call.
    static func reason(errno code: Int32, isNamed: Bool) -> (reason: String, text: String) {
        let text = String(cString: strerror(code))
        switch code {
        case EACCES, EPERM: return (Reason.permission, "\(text); run as an account that may read it")
        case ENOENT:
            return isNamed ? (Reason.missing, "there is no such file") : (Reason.vanished, "gone while reading")
        case ENOTDIR where !isNamed, ESTALE: return (Reason.vanished, "\(text): replaced while reading")
        case ENOTDIR: return (Reason.missing, "\(text): part of the path is a file")
        case ELOOP: return (Reason.loop, "symbolic links in a circle")
        case ENXIO, ENODEV, EISDIR, ESPIPE: return (Reason.notRegular, "not a regular file any more")
        default: return (Reason.inputOutput, "\(text) (errno \(code))")
        }
    }

    /// Reason of a fault in DICOM: `valueRepresentation` as `value-representation`.
    static func reason(_ code: DICOMFault.Code) -> String {
        switch code {
        case .notDICOM: Reason.notDICOM
        case .truncated: Reason.truncated
        default:
            code.rawValue.unicodeScalars.reduce(into: "") { text, scalar in
                if scalar.properties.isUppercase {
                    text += "-"
                    text += scalar.properties.lowercaseMapping
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
    }
}
