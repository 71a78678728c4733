import CHilumDriver
import DriverKit
import HitachiDriver

/// The one symbol of the module `hitachi`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(HitachiDriver.self, forHost: hostABI)
}
