import CHilumDriver
import DriverKit
import FixedTextDriver

/// The one symbol of the module `fixed-text`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(FixedTextDriver.self, forHost: hostABI)
}
