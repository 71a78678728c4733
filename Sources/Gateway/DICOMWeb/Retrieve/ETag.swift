import ImagingModel

/// Entity tags (RFC 9110 8.8.3): an instance never changes under its UID, so they are made of what is known without reading.
enum ETag {
    /// The tag of files in their forms.
    static func of(_ files: [ArchivedFile], _ forms: [InstanceForm] = [], _ more: String = "") -> String {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ text: String) {
            for byte in text.utf8 + [0] {
                digest ^= UInt64(byte)
                digest &*= 0x100_0000_01B3
            }
        }
        for file in files {
            add(file.sopInstance)
            add(file.transferSyntax)
            add(String(file.size))
        }
        for form in forms { add(form == .explicit ? "explicit" : "stored") }
        add(more)
        return "\"\(String(digest, radix: 36))\""
    }

    /// True when If-None-Match names a tag (RFC 9110 13.1.2).
    static func matches(_ field: String?, _ tag: String) -> Bool {
        guard let field else { return false }
        return field.split(separator: ",").contains { part in
            let name = part.drop { $0 == " " }.prefix { $0 != " " }
            return name == "*" || name == tag || name == "W/\(tag)"
        }
    }
}
