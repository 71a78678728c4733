/// Reads HTTP/1.1 requests from any pieces (RFC 9112), as much of it as a test receiver needs: Content-Length and chunked
/// bodies, keep-alive.
struct HTTPRequestReader {
    /// A request.
    struct Request: Equatable {
        var method: String
        var target: String
        /// Names in lower case.
        var headers: [(name: String, value: String)]
        var body: [UInt8]

        func header(_ name: String) -> String { headers.first { $0.name == name }?.value ?? "" }

        static func == (left: Request, right: Request) -> Bool {
            left.method == right.method && left.target == right.target && left.body == right.body
        }
    }

    /// What is no request that this reader takes; the connection cannot go on.
    struct Fault: Error, Equatable {
        var status: Int
        var problem: String
    }

    static let longestHead = 64 << 10
    static let longestBody = 64 << 20

    private enum State {
        case head
        case body(Request, remaining: Int)
        case chunkSize(Request)
        case chunk(Request, remaining: Int)
        case trailer(Request)
    }
    private var state = State.head
    private var buffer: [UInt8] = []
    /// The client waits for leave to send the body.
    private(set) var expectsContinue = false

    /// Takes bytes as read.
    mutating func receive(_ bytes: some Sequence<UInt8>) { buffer.append(contentsOf: bytes) }

    /// The next complete request; nil when more must come.
    mutating func next() throws(Fault) -> Request? {
        while true {
            switch state {
            case .head:
                guard let head = try head() else { return nil }
                state = try afterHead(head)
            case .body(var request, let remaining):
                guard buffer.count >= remaining else { return nil }
                request.body = Array(buffer.prefix(remaining))
                buffer.removeFirst(remaining)
                return finish(request)
            case .chunkSize(let request):
                guard let line = line() else {
                    if buffer.count > 1024 { throw Fault(status: 400, problem: "a chunk's size has no end") }
                    return nil
                }
                guard let size = Int(line.prefix { $0 != ";" }.filter { $0 != " " }, radix: 16), size >= 0,
                    size <= HTTPRequestReader.longestBody - request.body.count
                else { throw Fault(status: 413, problem: "a chunk's size is no number, or too large") }
                state = size == 0 ? .trailer(request) : .chunk(request, remaining: size)
            case .chunk(var request, let remaining):
                guard buffer.count >= remaining + 2 else { return nil }
                request.body.append(contentsOf: buffer.prefix(remaining))
                buffer.removeFirst(remaining + 2)
                state = .chunkSize(request)
            case .trailer(let request):
                guard let line = line() else { return nil }
                if line.isEmpty { return finish(request) }
            }
        }
    }

    private mutating func finish(_ request: Request) -> Request {
        state = .head
        expectsContinue = false
        return request
    }

    private mutating func line() -> String? {
        guard let end = buffer.firstIndex(of: 0x0A) else { return nil }
        var line = buffer[..<end]
        if line.last == 0x0D { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        buffer.removeFirst(end + 1)
        return text
    }

    private mutating func head() throws(Fault) -> Request? {
        var end: Int?
        var index = 0
        while let newLine = buffer[index...].firstIndex(of: 0x0A) {
            let next = newLine + 1
            if next < buffer.count, buffer[next] == 0x0A { end = next + 1 }
            if next + 1 < buffer.count, buffer[next] == 0x0D, buffer[next + 1] == 0x0A { end = next + 2 }
            if end != nil { break }
            index = next
        }
        guard let end else {
            if buffer.count > HTTPRequestReader.longestHead {
                throw Fault(status: 431, problem: "the head is too long")
            }
            return nil
        }
        let lines = String(decoding: buffer[..<end], as: UTF8.self).split(whereSeparator: \.isNewline)
        buffer.removeFirst(end)
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
            throw Fault(status: 400, problem: "the first line is no HTTP/1 request")
        }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (line[..<colon].lowercased(), String(line[line.index(after: colon)...]).trimmed)
        }
        return Request(method: String(words[0]), target: String(words[1]), headers: headers, body: [])
    }

    private mutating func afterHead(_ request: Request) throws(Fault) -> State {
        expectsContinue = request.header("expect").lowercased() == "100-continue"
        if request.header("transfer-encoding").lowercased().contains("chunked") { return .chunkSize(request) }
        let length = request.header("content-length")
        guard !length.isEmpty else { return .body(request, remaining: 0) }
        guard let count = Int(length), count >= 0 else {
            throw Fault(status: 400, problem: "Content-Length is no number")
        }
        guard count <= HTTPRequestReader.longestBody else {
            throw Fault(status: 413, problem: "the body is longer than 64 MiB")
        }
        return .body(request, remaining: count)
    }
}
