import CHilumDriver
import DriverKit
import XmodemDriver

/// The one symbol of the module `xmodem`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(XmodemDriver.self, forHost: hostABI)
}
