import Contracts
import Glibc

/// Finds driver modules by name: `libhilum-driver-NAME.so`.
struct ModuleSearch {
    let folders: [String]

    /// Path of a module. Names are letters, digits, `-` and `_`, so that no name leads out of the folders.
    func path(of name: String) throws(DriverOpenFault) -> String {
        let isName = !name.isEmpty && name.utf8.allSatisfy { ModuleSearch.isNameByte($0) }
        guard isName else {
            throw DriverOpenFault(
                .moduleUnusable("\"\(name)\" is no name of a driver: write letters, digits, - and _ only, such as lis"))
        }
        for folder in folders {
            let path = "\(folder)/libhilum-driver-\(name).so"
            if access(path, R_OK) == 0 { return path }
        }
        let there = available()
        let known = there.isEmpty ? "there is none at all" : "there are \(there.joined(separator: ", "))"
        throw DriverOpenFault(
            .moduleUnusable(
                """
                no driver \(name): libhilum-driver-\(name).so is not in \(folders.joined(separator: " or ")); \(known). \
                Correct `driver:` in the profile, or install the module there.
                """))
    }

    /// Names of all modules in the folders.
    func available() -> [String] {
        var names: Set<String> = []
        for folder in folders {
            guard let stream = opendir(folder) else { continue }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let file = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard file.hasPrefix("libhilum-driver-"), file.hasSuffix(".so") else { continue }
                names.insert(String(file.dropFirst("libhilum-driver-".count).dropLast(3)))
            }
        }
        return names.sorted()
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
