import DriverKit
import DriverWire

/// What a block turned out to be.
enum BlockContent {
    /// Hand on, with what is to be told about it.
    case message(DeviceMessage, remarks: [Remark])
    /// The device asks for orders.
    case query(DeviceMessage, header: [UInt8])
    /// Not readable. `at` counts bytes of the text.
    case unreadable(String, at: Int)

    /// Something to be told of a place in the text.
    struct Remark {
        var severity: FaultSeverity
        var text: String
        var range: Range<Int>
    }
}
