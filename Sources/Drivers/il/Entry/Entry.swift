import CHilumDriver
import DriverKit
import ILDriver

/// The one symbol of the module `il`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(ILDriver.self, forHost: hostABI)
}
