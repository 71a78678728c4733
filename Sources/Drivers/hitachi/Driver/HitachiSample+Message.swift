import DriverWire

extension HitachiSample {
    /// What is told to the host.
    ///
    /// - Parameter usesID: the id field names the specimen, unless it is blank.
    func message(usesID: Bool) -> DeviceMessage {
        var message = DeviceMessage(protocolName: "Hitachi")
        message.isComplete = isComplete
        var order = DeviceMessage.Order()
        let isControl = function.material == .control
        if usesID, !isControl, !id.isEmpty {
            order.specimenID = id
        } else {
            order.specimenID = number
            order.specimenKind = "number"
        }
        // Routine 34 and STAT 34 are two specimens.
        order.fillerID = String(UnicodeScalar(function.letter)) + number
        order.rack = disk
        order.position = position
        order.priority = function.isStat ? "S" : "R"
        order.specimenType = function.sampleClass
        order.isQC = isControl
        if function.isRerun { order.run = String(UnicodeScalar(function.letter)) }
        message.orders.append(order)
        if isControl, !id.isEmpty {
            var comment = DeviceMessage.Comment()
            // Number, and name in the last eight characters of the id field.
            comment.text = "control \(id)"
            comment.order = 0
            message.comments.append(comment)
        }
        for row in rows {
            var result = DeviceMessage.Result()
            result.order = 0
            result.code = row.test
            result.value = row.value
            if !row.alarm.isEmpty { result.flags = [row.alarm] }
            result.time = time
            result.operatorID = operatorID
            result.isQC = isControl
            result.run = order.run
            if row.value.isEmpty {
                result.isUsable = false
                result.absentReason = row.alarm.isEmpty ? "no value" : "no value, alarm \(row.alarm)"
            }
            message.results.append(result)
        }
        return message
    }
}
