import ABXDriver
import CHilumDriver
import DriverKit

/// The one symbol of the module `abx`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(ABXDriver.self, forHost: hostABI)
}
