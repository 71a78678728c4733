/// A study, a series of it, or an instance of that: the path of a resource (PS3.18 10.1.1).
struct Scope: Sendable, Equatable {
    /// Study Instance UID.
    var study: String
    /// Series Instance UID; nil: all series.
    var series: String?
    /// SOP Instance UID; nil: all instances.
    var instance: String?

    /// What it is, for messages: "study 1.2.3".
    var name: String {
        if let instance { return "instance \(instance)" }
        if let series { return "series \(series)" }
        return "study \(study)"
    }
}

/// A resource of the Studies Service (PS3.18 10.1.1), read from a path.
enum WebResource: Sendable, Equatable {
    /// `/studies`, a search (PS3.18 10.6).
    case searchStudies
    /// `/series`, `/studies/{study}/series`.
    case searchSeries(study: String?)
    /// `/instances`, `/studies/{study}/instances`, `/studies/{study}/series/{series}/instances`.
    case searchInstances(study: String?, series: String?)
    /// `/studies/{study}[/series/{series}[/instances/{instance}]]` (PS3.18 10.4).
    case instances(Scope)
    /// `…/metadata`.
    case metadata(Scope)
    /// `…/rendered`, `…/frames/{frames}/rendered`.
    case rendered(Scope, frames: [Int])
    /// `…/thumbnail`, `…/frames/{frame}/thumbnail`.
    case thumbnail(Scope, frames: [Int])
    /// `…/instances/{instance}/frames/{frames}`, numbers from 1 in the order asked for.
    case frames(Scope, [Int])
    /// `…/instances/{instance}/bulkdata/{path}`: tags and item numbers (from 1) alternately.
    case bulkdata(Scope, path: [String])
    /// `/wado`: the URI Service, all in the query (PS3.18 9).
    case uriService
    /// `/`: what is served here.
    case root

    /// Most frames that one request may ask for.
    static let mostFrames = 10_000

    /// Reads a path below the base path. Every UID is checked: only digits and dots, 64 at most (PS3.5 9.1).
    init(path: some StringProtocol) throws(WebFault) {
        let parts = path.split(whereSeparator: { $0 == "/" }).map { String($0) }
        var rest = parts[...]
        guard let first = rest.popFirst() else {
            self = .root
            return
        }
        switch first {
        case "studies":
            guard let study = rest.popFirst() else {
                self = .searchStudies
                return
            }
            self = try WebResource.inStudy(try WebResource.uid(study, "study"), rest)
        case "wado" where rest.isEmpty: self = .uriService
        case "series" where rest.isEmpty: self = .searchSeries(study: nil)
        case "instances" where rest.isEmpty: self = .searchInstances(study: nil, series: nil)
        default: throw WebResource.unknown(path)
        }
    }

    private static func inStudy(_ study: String, _ parts: ArraySlice<String>) throws(WebFault) -> WebResource {
        var rest = parts
        let scope = Scope(study: study)
        switch rest.popFirst() {
        case nil: return .instances(scope)
        case "series":
            guard let series = rest.popFirst() else { return .searchSeries(study: study) }
            return try inSeries(Scope(study: study, series: try uid(series, "series")), rest)
        case "instances" where rest.isEmpty: return .searchInstances(study: study, series: nil)
        case .some(let word): return try variant(word, of: scope, rest)
        }
    }

    private static func inSeries(_ scope: Scope, _ parts: ArraySlice<String>) throws(WebFault) -> WebResource {
        var rest = parts
        switch rest.popFirst() {
        case nil: return .instances(scope)
        case "instances":
            guard let instance = rest.popFirst() else {
                return .searchInstances(study: scope.study, series: scope.series)
            }
            var whole = scope
            whole.instance = try uid(instance, "instance")
            return try inInstance(whole, rest)
        case .some(let word): return try variant(word, of: scope, rest)
        }
    }

    private static func inInstance(_ scope: Scope, _ parts: ArraySlice<String>) throws(WebFault) -> WebResource {
        var rest = parts
        switch rest.popFirst() {
        case nil: return .instances(scope)
        case "frames":
            guard let list = rest.popFirst() else {
                throw .badRequest("the numbers of the frames are missing: …/frames/1 or …/frames/1,2,3")
            }
            let numbers = try frames(list)
            switch rest.popFirst() {
            case nil: return .frames(scope, numbers)
            case "rendered" where rest.isEmpty: return .rendered(scope, frames: numbers)
            case "thumbnail" where rest.isEmpty: return .thumbnail(scope, frames: numbers)
            case .some(let word): throw unknown("…/frames/\(list)/\(word)")
            }
        case "bulkdata":
            guard !rest.isEmpty else { throw .badRequest("the element is missing: …/bulkdata/7FE00010") }
            return .bulkdata(scope, path: Array(rest))
        case .some(let word): return try variant(word, of: scope, rest)
        }
    }

    private static func variant(_ word: String, of scope: Scope, _ rest: ArraySlice<String>) throws(WebFault)
        -> WebResource
    {
        guard rest.isEmpty else { throw unknown("…/\(word)/\(rest.joined(separator: "/"))") }
        switch word {
        case "metadata": return .metadata(scope)
        case "rendered": return .rendered(scope, frames: [])
        case "thumbnail": return .thumbnail(scope, frames: [])
        default: throw unknown("…/\(word)")
        }
    }

    private static func unknown(_ path: some StringProtocol) -> WebFault {
        .notFound("there is no resource \(printable(path)); resources are those of PS3.18 10.1.1 below /studies")
    }

    /// PS3.5 9.1.
    static func isUID(_ text: some StringProtocol) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: ".")
            && text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: ".") }
    }

    private static func uid(_ text: String, _ what: String) throws(WebFault) -> String {
        guard isUID(text) else {
            throw .badRequest("\(printable(text)) is no UID of a \(what): digits and dots, 64 at most (PS3.5 9.1)")
        }
        return text
    }

    private static func frames(_ list: String) throws(WebFault) -> [Int] {
        let parts = list.replacingPercentCommas().split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= mostFrames else { throw .badRequest("more than \(mostFrames) frames in one request") }
        var numbers: [Int] = []
        numbers.reserveCapacity(parts.count)
        for part in parts {
            guard let number = Int(part), number > 0, part.utf8.count <= 9, part.utf8.first != UInt8(ascii: "+") else {
                throw .badRequest("\(printable(part)) is no number of a frame: they count from 1")
            }
            numbers.append(number)
        }
        return numbers
    }

    /// What a client sent, for a message to it: short, printable ASCII.
    static func printable(_ text: some StringProtocol) -> String {
        let bytes = text.utf8.prefix(100).map {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "<") ? $0 : UInt8(ascii: "?")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    /// Some clients escape the commas of a list of frames.
    fileprivate func replacingPercentCommas() -> String {
        guard utf8.contains(UInt8(ascii: "%")) else { return self }
        return PercentCoding.decode(self) ?? self
    }
}
