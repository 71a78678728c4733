import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// The host's answer to an inquiry: `S`, the inquiry's head, a name, and an item `nn0` with six blanks for each test; `000`
/// for a specimen that nothing is ordered for, which lets the analyser go on with the next.
struct CoagulationOrder {
    var block: [UInt8]
    var event: DeviceMessage
    var attempts = 1

    /// The block for a head alone: nothing is ordered.
    static func nothing(_ header: [UInt8], _ layout: CoagulationLayout) -> [UInt8] {
        framed(header, name: "", items: ["000"], layout)
    }

    /// An answer; a text when the order cannot be expressed.
    static func make(_ json: JSONValue, _ layout: CoagulationLayout) -> Result<CoagulationOrder, OptionsFault> {
        guard let specimen = json["specimen_id"]?.string else {
            return .failure(OptionsFault("the order has no specimen_id"))
        }
        let header = Array((json["token"]?.string ?? "").utf8)
        guard header.count == layout.nameOffset, header.first == UInt8(ascii: "R"),
            header.allSatisfy({ $0 >= 0x20 && $0 <= 0x7E }),
            FixedColumns(header).trimmed(layout.specimenOffset, layout.specimen) == specimen
        else {
            return .failure(
                OptionsFault(
                    "this analyser takes an order only as the answer to its inquiry for the same specimen: give the inquiry's token"
                        + " back with the order"))
        }
        let action = json["action"]?.string ?? ""
        if action == "C" {
            return .failure(OptionsFault("the format cannot cancel: cancel the tests on the analyser"))
        }
        let tests = (json["tests"]?.array ?? []).compactMap(\.string)
        var items: [String] = []
        for test in tests {
            let digits = Array(test.utf8)
            guard digits.count == 3, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
                return .failure(
                    OptionsFault("the test \"\(test)\" is none of this format: write three figures, like 040"))
            }
            // What is ordered is the test; its kinds of result come as the analyser is set.
            let item = String(test.dropLast()) + "0"
            if item != "000", !items.contains(item) { items.append(item) }
        }
        if items.isEmpty { items = ["000"] }
        let name = json["patient"]?["name"]?.string ?? ""
        var event = DeviceMessage(kind: .order, protocolName: "CA")
        event.controlID = json["token"]?.string ?? ""
        var order = DeviceMessage.Order()
        order.specimenID = specimen
        order.placerID = json["placer_id"]?.string ?? ""
        order.tests = tests
        order.action = "accepted"
        event.orders.append(order)
        return .success(CoagulationOrder(block: framed(header, name: name, items: items, layout), event: event))
    }

    private static func framed(
        _ header: [UInt8], name: String, items: [String], _ layout: CoagulationLayout
    ) -> [UInt8] {
        // Figures and capitals are all that every model shows; ^ parts a name.
        let shown = name.utf8.map { $0 == UInt8(ascii: "^") ? 0x20 : $0 }
        let isShowable = shown.allSatisfy { $0 >= 0x20 && $0 <= 0x7E }
        let nameText = isShowable ? Array(shown.prefix(layout.name)) : []
        var text = [UInt8(ascii: "S")] + header.dropFirst()
        text += nameText + [UInt8](repeating: 0x20, count: max(0, layout.name - nameText.count))
        for item in items { text += Array(item.utf8) + [UInt8](repeating: 0x20, count: 6) }
        return [ControlByte.stx] + text + [ControlByte.etx]
    }
}
