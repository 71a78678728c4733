import CHilumDriver
import DriverKit
import POCT1ADriver

/// The one symbol of the module `poct1a`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(POCT1ADriver.self, forHost: hostABI)
}
