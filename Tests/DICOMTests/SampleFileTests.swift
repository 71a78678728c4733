import DICOM
import Foundation
import Testing

/// pydicom's own test files, read from the wheel in the checkout's Python environment (`.venv`, or the folder of an
/// environment that HILUM_VENV names); skipped, visibly, where there is none.
@Suite("pydicom's test files")
struct SampleFileTests {
    static let folder: URL? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let environment =
            ProcessInfo.processInfo.environment["HILUM_VENV"].map { URL(filePath: $0) } ?? root.appending(path: ".venv")
        let library = environment.appending(path: "lib")
        let pythons = (try? FileManager.default.contentsOfDirectory(at: library, includingPropertiesForKeys: nil)) ?? []
        return pythons.map { $0.appending(path: "site-packages/pydicom/data") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }()

    /// What is no data set, or not whole; pydicom raises, warns or guesses.
    static let broken: Set<String> = [
        // Begins in the middle of nothing: one byte too many before the data set.
        "no_meta.dcm",
        // End in the middle of an element, as their names say.
        "rtplan_truncated.dcm", "MR_truncated.dcm",
        // The sequence of undefined length has no delimiter.
        "DICOMDIR-nooffset",
    ]

    func files() throws -> [(name: String, bytes: [UInt8])] {
        let folder = try #require(Self.folder)
        var files: [(name: String, bytes: [UInt8])] = []
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
        for case let file as URL in found ?? .init() {
            let isDICOM =
                file.pathExtension == "dcm" || file.path.contains("dicomdirtests") && file.pathExtension.isEmpty
            guard isDICOM, !file.lastPathComponent.hasPrefix("README"), let data = try? Data(contentsOf: file) else {
                continue
            }
            files.append((file.lastPathComponent, [UInt8](data)))
        }
        return files
    }

    @Test("every file is read to its end; the broken ones are known", .enabled(if: folder != nil))
    func read() throws {
        let files = try files()
        #expect(files.count > 150)
        for file in files {
            do {
                let read = try DICOMFile.read(file.bytes)
                #expect((read.extent == .whole) == !Self.broken.contains(file.name), "\(file.name) \(read.faults)")
                #expect(!read.dataSet.isEmpty, "\(file.name)")
                let header = try DICOMFile.read(Array(file.bytes.prefix(1 << 20)), options: .header)
                for element in header.dataSet.elements where element.vr != .SQ {
                    #expect(read.dataSet[element.tag] == element, "\(file.name)")
                }
            } catch {
                #expect(Self.broken.contains(file.name), "\(file.name) \(error)")
            }
        }
    }

    @Test("written again, explicit and implicit, they are the same", .enabled(if: folder != nil))
    func write() throws {
        for file in try files() where !Self.broken.contains(file.name) {
            let set = try DICOMFile.read(file.bytes).dataSet
            let again = try DataSet.parse(set.encoded(), characterSet: .declared)
            // A byte of padding where the length was odd, group lengths gone: the JSON says the rest.
            #expect(again.json { _ in "x" } == set.json { _ in "x" }, "\(file.name)")
            let implicit = try DataSet.parse(
                set.encoded(as: .implicitLittleEndian), .implicitLittleEndian, characterSet: .declared)
            #expect(
                implicit.elements.map(\.tag) == set.elements.map(\.tag).filter { !$0.isGroupLength }, "\(file.name)")
        }
    }

    @Test("the header scan says what reading says, or leaves the file to it", .enabled(if: folder != nil))
    func scan() throws {
        var scan = HeaderScan(HeaderScanTests.wanted)
        var done = 0
        let files = try files()
        for file in files {
            guard case .done = file.bytes.withUnsafeBytes({ scan.scan($0, isWholeFile: true) }),
                let read = try? DICOMFile.read(file.bytes)
            else { continue }
            done += 1
            for (place, tag) in scan.tags.enumerated() {
                let element = (tag.group == 2 ? read.meta : read.dataSet)[tag]
                #expect(scan.slots[place].isPresent == (element != nil), "\(file.name) \(tag)")
                guard let value = element?.bytes, scan.slots[place].isPresent else { continue }
                let start = Int(scan.slots[place].offset)
                #expect(value.elementsEqual(file.bytes[start..<start + Int(scan.slots[place].length)]))
            }
        }
        #expect(done * 10 > files.count * 8)
    }
}
