import DriverWire

extension DeviceMessage {
    /// A message in the order in which the encoder writes, so that it comes back equal.
    static func random(_ random: inout SplitMix64) -> DeviceMessage {
        func text() -> String {
            let pieces = [
                "", "WBC", "1.5", "10*9/L", "é", "白细胞", "😀", "=", "a=b", "\u{0}", "\n", "\u{7F}", "  ", "x^y&z|",
            ]
            return (0..<Int.random(in: 0...3, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
        }
        func list() -> [String] { (0..<Int.random(in: 0...3, using: &random)).map { _ in text() } }
        func flag() -> Bool { Bool.random(using: &random) }
        func comment(_ order: Int?) -> Comment {
            var comment = Comment()
            (comment.text, comment.code, comment.source, comment.type, comment.order) = (
                text(), text(), text(), text(), order
            )
            return comment
        }
        func result(_ order: Int?) -> Result {
            var result = Result()
            (result.code, result.name, result.value, result.valueType) = (text(), text(), text(), text())
            (result.unit, result.range, result.flags, result.status) = (text(), text(), list(), text())
            (result.time, result.startedAt, result.operatorID, result.instrument) = (text(), text(), text(), text())
            (result.method, result.run, result.subID, result.isQC) = (text(), text(), text(), flag())
            (result.isUsable, result.absentReason, result.isResent) = (flag(), text(), flag())
            (result.contentType, result.data, result.order) = (text(), text(), order)
            result.role = [.result, .raw, .info, .attachment].randomElement(using: &random) ?? .result
            result.comments = (0..<Int.random(in: 0...2, using: &random)).map { _ in comment(nil) }
            return result
        }

        var message = DeviceMessage(
            kind: [.results, .query, .order, .event].randomElement(using: &random) ?? .results, protocolName: text(),
            controlID: text(), sender: text(), sentAt: text(), processing: text(), charset: text(), isComplete: flag())
        let count = Int.random(in: 0...2, using: &random)
        message.comments = (0..<count).map { _ in comment(nil) }
        message.queries = (0..<count).map { _ in
            var query = Query()
            (query.specimenID, query.patientID, query.tests, query.from) = (text(), text(), list(), text())
            (query.to, query.status, query.token) = (text(), text(), text())
            return query
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) { message.results.append(result(nil)) }
        let owners: [Int?] = [nil] + (0..<Int.random(in: 0...3, using: &random)).map { $0 }
        for patient in owners {
            if patient != nil {
                var row = Patient()
                (row.id, row.alternateIDs, row.name) = (text(), list(), text())
                (row.birthDate, row.sex, row.location) = (text(), text(), text())
                message.patients.append(row)
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                var order = Order()
                (order.specimenID, order.specimenKind, order.specimenType) = (text(), text(), text())
                (order.rack, order.position, order.priority) = (text(), text(), text())
                (order.placerID, order.fillerID, order.orderedAt) = (text(), text(), text())
                (order.collectedAt, order.receivedAt, order.reportedAt) = (text(), text(), text())
                (order.reportType, order.action, order.isQC) = (text(), text(), flag())
                (order.tests, order.run, order.patient) = (list(), text(), patient)
                message.orders.append(order)
                let index = message.orders.count - 1
                for _ in 0..<Int.random(in: 0...2, using: &random) { message.comments.append(comment(index)) }
                for _ in 0..<Int.random(in: 0...3, using: &random) { message.results.append(result(index)) }
            }
        }
        for _ in 0..<count { message.others.append(Other(tag: "X" + text(), raw: text())) }
        return message
    }
}
