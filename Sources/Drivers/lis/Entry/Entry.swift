import CHilumDriver
import DriverKit
import LISDriver

/// The one symbol of the module `lis`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(LISDriver.self, forHost: hostABI)
}
