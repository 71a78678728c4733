import CHilumDriver
import DelimitedDriver
import DriverKit

/// The one symbol of the module `delimited`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(DelimitedDriver.self, forHost: hostABI)
}
