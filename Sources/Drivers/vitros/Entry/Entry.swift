import CHilumDriver
import DriverKit
import VitrosDriver

/// The one symbol of the module `vitros`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(VitrosDriver.self, forHost: hostABI)
}
