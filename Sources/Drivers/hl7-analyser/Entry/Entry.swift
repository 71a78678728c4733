import CHilumDriver
import DriverKit
import HL7AnalyserDriver

/// The one symbol of the module `hl7-analyser`.
@c(hilum_driver_entry)
public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
    DriverTable.make(HL7AnalyserDriver.self, forHost: hostABI)
}
