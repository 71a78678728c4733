import CHilumDriver
import DriverKit
import SysmexD1Driver

/// The one symbol of the module `sysmex-d1`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(SysmexD1Driver.self, forHost: hostABI)
}
