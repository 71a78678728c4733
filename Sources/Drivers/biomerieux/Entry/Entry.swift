import BiomerieuxDriver
import CHilumDriver
import DriverKit

/// The one symbol of the module `biomerieux`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(BiomerieuxDriver.self, forHost: hostABI)
}
