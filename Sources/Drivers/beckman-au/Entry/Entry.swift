import BeckmanAUDriver
import CHilumDriver
import DriverKit

/// The one symbol of the module `beckman-au`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(BeckmanAUDriver.self, forHost: hostABI)
}
