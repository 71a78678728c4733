import Delivery
import Glibc

extension SecretReference {
    /// Reads `STEM_file: PATH` or `STEM_env: VARIABLE`; nil where neither is written.
    static func read(_ mapping: inout YAMLMapping, _ stem: String, base: String) -> SecretReference? {
        let (path, name) = (mapping.text("\(stem)_file"), mapping.text("\(stem)_env"))
        if let path { return .file(ReadableFile.checked(path, "\(stem)_file", &mapping, base: base)) }
        guard let name else { return nil }
        if getenv(name) == nil {
            mapping.fault(
                "\(stem)_env", "the environment has no \(name)", cure: "set it where the gateway is started", .warning)
        }
        return .environment(name)
    }
}
