import DeviceProfile

/// Text of a profile: read, or refused with places. What is read has a revision and can be looked into.
func fuzzProfile(_ bytes: UnsafeRawBufferPointer) {
    let parents: [String: [UInt8]] = [
        "generic-lis": Array("id: generic-lis\ndriver: lis\ncodes: {A: 6690-2}\nvariants: {b: {driver: x}}\n".utf8),
        "self": Array(bytes),
    ]
    do {
        let (profile, warnings) = try ProfileLibrary.parse(Array(bytes), parents: parents)
        precondition(!profile.id.isEmpty && !profile.driver.isEmpty && profile.revision.utf8.count == 16)
        precondition(warnings.allSatisfy { $0.severity == .warning })
        _ = profile.codes.rule(for: "A")
        _ = profile.variant(matching: bytes)
        _ = ProfileCatalogue.markdown(of: ProfileLibrary(profiles: [profile]))
    } catch {
        precondition(error.issues.contains { $0.severity == .error })
        precondition(error.issues.allSatisfy { !$0.problem.isEmpty && $0.line >= 0 })
    }
}
