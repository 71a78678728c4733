import DriverKit
import DriverWire

/// What a text turned out to be.
enum TextContent {
    case message(DeviceMessage, remarks: [Remark])
    /// No results, and none are due: a calibration, another kind of block.
    case aside(String)
    /// Not readable; `at` counts bytes of the text.
    case unreadable(String, at: Int)

    /// What is to be told of a place in the text.
    struct Remark {
        var severity: FaultSeverity
        var text: String
        var at: Int
    }
}
