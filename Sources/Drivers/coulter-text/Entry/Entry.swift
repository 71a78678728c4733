import CHilumDriver
import CoulterTextDriver
import DriverKit

/// The one symbol of the module `coulter-text`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(CoulterTextDriver.self, forHost: hostABI)
}
