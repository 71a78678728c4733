import Foundation
import JSONText
import Testing

/// One driver with options and what a device sends: a folder with `case.json` and `capture.bin`.
///
///     {"driver": "lis", "options": {}, "messages": 2}
///
/// `messages`: device messages (of any kind) in the capture. Optional: `"recovers": false` for formats in which nothing
/// marks the start of a message, so that garbage before one spoils it; `"answers": false` for devices that get none.
struct ConformanceCase: Sendable, CustomTestStringConvertible {
    var name: String
    var driver: String
    var options: [UInt8]
    var capture: [UInt8]
    var messages: Int
    var recovers: Bool
    var answers: Bool
    /// Where its module is, if not with the others.
    var moduleFolder: String?

    var testDescription: String { name }

    /// The cases beside this file, and those of the folder named by HILUM_DRIVER_CASES (one's own driver).
    static let all: [ConformanceCase] = {
        let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Cases"
        let folders = [own] + [ProcessInfo.processInfo.environment["HILUM_DRIVER_CASES"]].compactMap { $0 }
        return folders.flatMap { folder in
            ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().compactMap {
                ConformanceCase(folder: "\(folder)/\($0)", name: $0)
            }
        }
    }()

    private init?(folder: String, name: String) {
        guard let text = FileManager.default.contents(atPath: "\(folder)/case.json"),
            let capture = FileManager.default.contents(atPath: "\(folder)/capture.bin")
        else { return nil }
        guard let json = try? JSONValue(parsing: Array(text)), let driver = json["driver"]?.string,
            let messages = json["messages"]?.int
        else {
            Issue.record("\(folder)/case.json: needs driver and messages")
            return nil
        }
        self.name = name
        self.driver = driver
        self.capture = Array(capture)
        self.messages = messages
        options = (json["options"] ?? .object(JSONObject())).serialized()
        recovers = json["recovers"]?.bool ?? true
        answers = json["answers"]?.bool ?? true
    }
}
