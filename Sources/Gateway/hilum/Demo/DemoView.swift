import Foundation
import ResultModel
import Store
import Synchronization

/// The live view of the demo: a line for each result as it is stored, and for each acknowledgement of the EMR.
final class DemoView: Sendable {
    private struct Counts {
        var results = 0
        var reports = 0
        var repeats = 0
        var held = 0
        var acknowledged = 0
        var messages = 0
        var bundles = 0
    }

    private let terminal: Terminal
    private let counts = Mutex(Counts())

    init(terminal: Terminal) { self.terminal = terminal }

    func begin(_ site: DemoSite) {
        var text = terminal.styled("Demo Hospital", .heading) + "  \(site.folder.path)\n"
        for analyser in site.analysers {
            text += "  \(analyser.id.padding(toLength: 12, withPad: " ", startingAt: 0)) \(analyser.summary)\n"
        }
        text += "  EMR          HL7 v2 on 127.0.0.1:\(site.ports.mllp), FHIR R4 on 127.0.0.1:\(site.ports.fhir)\n"
        text += terminal.styled(
            "  Ctrl-C stops it. In another terminal: hilum results --config \(site.configurationFile.path)\n\n", .dim)
        text += terminal.styled(
            "  time      device       specimen         test       value          flag  LOINC\n", .heading)
        Stream.output(text)
    }

    func stored(_ reports: [StoredReport]) {
        for stored in reports {
            let report = stored.report
            counts.withLock { counts in
                counts.reports += 1
                if stored.repeats != nil { counts.repeats += 1 }
                if !report.holds.isEmpty { counts.held += 1 }
                counts.results += report.observations.count { $0.role == .result }
            }
            for observation in report.observations where observation.role == .result {
                Stream.output(line(report, observation) + "\n")
            }
        }
    }

    private func line(_ report: Report, _ observation: Observation) -> String {
        func column(_ text: String, _ width: Int) -> String {
            VisibleText.of(text).padding(toLength: width, withPad: " ", startingAt: 0)
        }
        let time = Date(timeIntervalSince1970: Double(report.receivedAt) / 1e6)
            .formatted(
                Date.VerbatimFormatStyle(
                    format:
                        "\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits)",
                    timeZone: TimeZone(identifier: "Asia/Shanghai") ?? .gmt, calendar: Calendar(identifier: .gregorian))
            )
        let isAbnormal = !observation.interpretation.isEmpty && observation.interpretation != ["N"]
        let value = column("\(observation.asSent.value) \(observation.asSent.unit)", 14)
        let end = report.isQC ? terminal.styled("control material, not posted", .dim) : observation.loinc?.code ?? "–"
        return "  \(time)  \(column(report.device, 12)) \(column(report.specimen.id, 16)) "
            + "\(column(observation.display.isEmpty ? observation.asSent.code : observation.asSent.code, 10)) "
            + (isAbnormal ? terminal.styled(value, .warning) : value) + " "
            + column(observation.interpretation.joined(separator: ","), 5) + " \(end)"
    }

    func simulated(_ device: String, _ event: SimulationEvent) {
        switch event {
        case .acknowledged: counts.withLock { $0.acknowledged += 1 }
        case .refused(_, let reason):
            Stream.output(terminal.styled("  \(device): refused: \(VisibleText.of(reason))\n", .bad))
        case .connected, .disconnected, .repeated: break
        }
    }

    func posted(_ what: String, isBundle: Bool) {
        counts.withLock { counts in
            if isBundle { counts.bundles += 1 } else { counts.messages += 1 }
        }
        Stream.output(terminal.styled("  EMR has \(VisibleText.of(what))\n", .good))
    }

    func end(_ site: DemoSite) {
        let counts = counts.withLock { $0 }
        Stream.output(
            """
            \(counts.acknowledged) messages acknowledged to the analysers, \(counts.results) results stored, \
            \(counts.messages) ORU and \(counts.bundles) bundles taken by the EMR.
            Posted:  \(site.posted.path)/oru/*.hl7  bundles/*.json
            State:   \(site.state.path)   (the next run goes on from it)

            """)
    }
}
