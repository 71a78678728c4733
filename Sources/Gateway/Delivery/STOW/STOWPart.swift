import Contracts
import DICOM
import Glibc

/// One instance in the body of a request: bytes made here, then the rest of its file.
struct STOWPart: Sendable {
    let item: ForwardItem
    /// What comes before the bytes of the file: empty, or the elements that were changed and all before the pixel data.
    let head: [UInt8]
    /// Where in the file the rest begins.
    let offset: Int64
    /// Bytes of the rest.
    let rest: Int64

    /// Bytes of head and rest.
    var length: Int64 { Int64(head.count) &+ rest }

    /// A file that cannot be sent; never will be without a person.
    struct Fault: Error {
        let reason: String
    }

    /// Most bytes read in search of the pixel data.
    private static let longestHead = 64 << 20

    /// Looks at the file, and changes what is to be changed. Blocks.
    init(_ item: ForwardItem, _ coercion: Coercion) throws(Fault) {
        self.item = item
        let file = open(item.path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            let why = IOErrorText.text(errno)
            throw Fault(reason: "its file \(item.path) cannot be read: \(why); restore it, then resend")
        }
        defer { _ = Glibc.close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size > 0 else {
            throw Fault(reason: "its file \(item.path) is empty; restore it, then resend")
        }
        let size = Int64(status.st_size)
        if coercion.isEmpty {
            (head, offset, rest) = ([], 0, size)
        } else {
            (head, offset) = try STOWPart.changed(file, Int(size), item, coercion)
            rest = size - offset
        }
    }

    private static func changed(
        _ file: CInt, _ size: Int, _ item: ForwardItem, _ coercion: Coercion
    ) throws(Fault) -> ([UInt8], Int64) {
        var wanted = min(size, 128 << 10)
        while true {
            var options = DICOMFile.ReadOptions.header
            options.isPrefix = wanted < size
            // Elements that are not changed keep their bytes, whatever they are.
            options.characterSet = .declared
            let read: DICOMFile
            do {
                read = try DICOMFile.read(try bytes(of: file, wanted, item), options: options)
            } catch let fault as Fault {
                throw fault
            } catch {
                throw Fault(reason: "its elements cannot be changed: \(error)")
            }
            switch read.extent {
            case .needsMore(let least):
                let next = max(least, wanted * 2)
                guard wanted < size, wanted < longestHead else {
                    throw Fault(reason: "its elements cannot be changed: no end of them within \(wanted >> 20) MiB")
                }
                wanted = min(size, next, longestHead)
            case .broken(let offset):
                throw Fault(reason: "its elements cannot be changed: the file is broken at byte \(offset)")
            case .whole: return (try apply(coercion, to: read), Int64(size))
            case .pixelData(let offset):
                let syntax = TransferSyntax(read.transferSyntax)
                // The pixel data are sent as they lie in the file: what comes before them must be coded as they are.
                let isImplicit = read.transferSyntax == TransferSyntax.implicitLittleEndian
                guard read.coding == (isImplicit ? .implicitLittleEndian : .explicitLittleEndian), !syntax.isDeflated
                else {
                    throw Fault(
                        reason: "elements cannot be changed in \(syntax.name); send this one without coerce:")
                }
                return (try apply(coercion, to: read), Int64(offset))
            }
        }
    }

    private static func apply(_ coercion: Coercion, to file: DICOMFile) throws(Fault) -> [UInt8] {
        var file = file
        for replacement in coercion.set {
            guard let tag = Tag(replacement.tag) else { throw Fault(reason: "\(replacement.tag) is no tag") }
            let vr = DataDictionary.vr(tag) ?? file.dataSet[tag]?.vr ?? .LO
            file.dataSet.set(tag, vr, text: replacement.value)
        }
        for text in coercion.remove {
            guard let tag = Tag(text) else { throw Fault(reason: "\(text) is no tag") }
            file.dataSet[tag] = nil
        }
        return file.encoded()
    }

    private static func bytes(of file: CInt, _ count: Int, _ item: ForwardItem) throws(Fault) -> [UInt8] {
        var failure: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while initialized < count {
                let place = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[initialized...])
                let done = pread(file, place.baseAddress, place.count, off_t(initialized))
                if done < 0, errno == EINTR { continue }
                if done < 0 { failure = errno }
                guard done > 0 else { return }
                initialized += done
            }
        }
        guard failure == 0, bytes.count == count else {
            throw Fault(
                reason: "its file \(item.path) cannot be read: \(IOErrorText.text(failure)); restore it, then resend")
        }
        return bytes
    }
}
