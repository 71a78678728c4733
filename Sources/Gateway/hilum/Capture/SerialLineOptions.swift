import ArgumentParser
import Transport

/// Speed, form and flow of characters on serial lines, as `link: {serial: …}` has them.
struct SerialLineOptions: ParsableArguments {
    @Option(help: "Bits per second of serial lines.") var baud = 9600
    @Option(help: "Data bits: 5 to 8.") var dataBits = 8
    @Option(help: "Parity: none, even, odd, mark, space.") var parity = SerialSettings.Parity.none
    @Option(help: "Stop bits: 1 or 2.") var stopBits = 1
    @Option(help: "Flow control with each side: none, xonxoff, rtscts, dtrdsr.")
    var flow = SerialSettings.FlowControl.none
    @Flag(inversion: .prefixedNo, help: "Data Terminal Ready while a port is open.") var dtr = true
    @Flag(inversion: .prefixedNo, help: "Request To Send while a port is open.") var rts = true

    func validate() throws {
        guard (1...4_000_000).contains(baud) else { throw ValidationError("--baud \(baud) is no speed of a line") }
        guard (5...8).contains(dataBits) else { throw ValidationError("--data-bits is 5, 6, 7 or 8") }
        guard (1...2).contains(stopBits) else { throw ValidationError("--stop-bits is 1 or 2") }
    }

    /// The settings of a port. Bytes with line errors come as they are: marks between them would not be what passed.
    func settings(_ path: String) -> SerialSettings {
        SerialSettings(
            path: path, baud: baud, dataBits: dataBits, parity: parity, stopBits: stopBits, flow: flow, dtr: dtr,
            rts: rts, reportsLineErrors: false)
    }
}

extension SerialSettings.Parity: ExpressibleByArgument {}
extension SerialSettings.FlowControl: ExpressibleByArgument {}
