import Contracts
import Delivery
import Foundation

/// The demo's EMR: takes ORU^R01 over MLLP and FHIR R4 transactions, and acknowledges.
enum DemoEMR {
    static func start(ports: DemoSite.Ports, clock: any Contracts.Clock, view: DemoView) async throws -> EMRReceiver {
        let receiver = EMRReceiver(
            mllp: EMRReceiver.Address(port: ports.mllp), http: EMRReceiver.Address(port: ports.fhir), clock: clock
        ) { received in
            let size = "\(received.bytes.count) bytes"
            switch received.way {
            case .mllp: view.posted("ORU^R01 \(controlID(received.bytes)), \(size)", isBundle: false)
            case .http: view.posted("Bundle, \(size)", isBundle: true)
            }
        }
        _ = try await receiver.start()
        return receiver
    }

    /// MSH-10.
    private static func controlID(_ bytes: [UInt8]) -> String {
        let header = bytes.prefix { $0 != 0x0D }
        let fields = header.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
        return fields.count > 9 ? String(decoding: fields[9], as: UTF8.self) : "?"
    }
}
