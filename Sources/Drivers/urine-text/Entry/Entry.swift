import CHilumDriver
import DriverKit
import UrineTextDriver

/// The one symbol of the module `urine-text`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(UrineTextDriver.self, forHost: hostABI)
}
