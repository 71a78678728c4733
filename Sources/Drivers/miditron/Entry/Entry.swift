import CHilumDriver
import DriverKit
import MiditronDriver

/// The one symbol of the module `miditron`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(MiditronDriver.self, forHost: hostABI)
}
