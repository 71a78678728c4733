import CHilumDriver
import DriverKit
import SynchronDriver

/// The one symbol of the module `synchron`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(SynchronDriver.self, forHost: hostABI)
}
