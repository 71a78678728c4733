import Orders

extension ProfileReader {
    /// Keys of `orders`.
    static let orderKeys = [
        "download", "give", "unlisted", "from_codes", "tests", "specimens", "patient", "most_tests",
        "most_specimens",
    ]
    /// Keys of a test in it.
    static let orderedTestKeys = ["send", "results"]

    mutating func orders(_ node: SourceNode) -> OrderRules {
        let keys = section(node, "orders", keys: ProfileReader.orderKeys)
        var rules = OrderRules()
        rules.download = choice(keys["download"], "download", OrderRules.Download.self) ?? rules.download
        rules.give = choice(keys["give"], "give", OrderRules.Give.self) ?? rules.give
        rules.unlisted = choice(keys["unlisted"], "unlisted", OrderRules.Unlisted.self) ?? rules.unlisted
        rules.fromCodes = flag(keys["from_codes"], "from_codes", default: rules.fromCodes)
        let cure = "write a map: the code as ordered, then the device's: 2345-7: GLU"
        for member in entries(keys["tests"], "tests", cure: cure) { rules.tests[member.key] = orderedTest(member) }
        for member in entries(
            keys["specimens"], "specimens", cure: "write a map: the type as ordered, then the device's: SER: \"1\"")
        {
            rules.specimens[member.key] = text(member.value, "the specimen \"\(member.key)\"", longest: 64)
        }
        if let node = keys["patient"], !node.isNull {
            rules.patient = list(node, "patient").compactMap { choice($0, "patient", OrderRules.PatientField.self) }
        }
        rules.mostTests = integer(keys["most_tests"], "most_tests", in: 1...1000) ?? rules.mostTests
        rules.mostSpecimens = integer(keys["most_specimens"], "most_specimens", in: 1...1000) ?? rules.mostSpecimens
        return rules
    }

    /// `GLU`, `[NA, K]`, `none`, or `{send: DIFF, results: [WBC, RBC]}`.
    private mutating func orderedTest(_ member: SourceNode.Member) -> OrderRules.Test {
        let name = "the test \"\(member.key)\""
        guard member.value.members != nil else { return OrderRules.Test(send: deviceCodes(member.value, name)) }
        let keys = section(member.value, name, keys: ProfileReader.orderedTestKeys)
        guard let send = keys["send"] else {
            error(member.value, "\(name) has no `send`", cure: "write the device's code: send: DIFF; or none")
            return OrderRules.Test(send: [])
        }
        let test = OrderRules.Test(send: deviceCodes(send, "send"), results: deviceCodes(keys["results"], "results"))
        if test.send.isEmpty, let node = keys["results"], !test.results.isEmpty {
            warning(node, "\(name) is not sent, so no result answers it", cure: "remove results, or write what to send")
        }
        return test
    }

    private mutating func deviceCodes(_ node: SourceNode?, _ name: String) -> [String] {
        guard let node, !node.isNull else { return [] }
        if node.scalar == "none" { return [] }
        var codes: [String] = []
        for element in list(node, name) {
            let code = text(element, name, longest: 64)
            if code.isEmpty {
                error(element, "\(name) holds an empty code", cure: "write the device's code, or none")
            } else if codes.contains(code) {
                error(element, "\(name) holds \"\(code)\" twice", cure: "remove one")
            } else {
                codes.append(code)
            }
        }
        return codes
    }
}
