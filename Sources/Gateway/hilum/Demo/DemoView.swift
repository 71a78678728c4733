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
        var images = 0
        var studies = 0
    }

    private let terminal: Terminal
    private let counts = Mutex(Counts())

    init(terminal: Terminal) { self.terminal = terminal }

    func begin(_ site: DemoSite) {
        var text = terminal.styled("Demo Hospital", .heading) + "  \(site.folder.path)\n"
        for analyser in site.analysers {
            text += "  \(analyser.id.padding(toLength: 12, withPad: " ", startingAt: 0)) \(analyser.summary)\n"
        }
        text += "  ct           CT by DICOM, a study with its dose report at a time\n"
        text += "  DICOMweb     http://127.0.0.1:\(site.ports.web)/dicom-web/studies\n"
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
            if let study = report.imagingStudy { Stream.output(line(report, study) + "\n") }
            for observation in report.observations where observation.role == .result {
                Stream.output(line(report, observation) + "\n")
            }
        }
    }

    private func column(_ text: String, _ width: Int) -> String {
        VisibleText.of(text).clipped(to: width).padded(to: width)
    }

    /// A study that is complete.
    private func line(_ report: Report, _ study: ImagingStudy) -> String {
        counts.withLock { $0.studies += 1 }
        let patient = [report.patient?.id ?? "", report.patient?.name ?? ""].joined(separator: " ")
        return "  \(time(report))  \(column(report.device, 12)) "
            + terminal.styled(
                VisibleText.of(
                    "study complete: \(study.description), \(study.series.count) series, \(study.instanceCount) instances, "
                        + patient), .heading)
    }

    private func time(_ report: Report) -> String {
        Date(timeIntervalSince1970: Double(report.receivedAt) / 1e6)
            .formatted(
                Date.VerbatimFormatStyle(
                    format:
                        "\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits)",
                    timeZone: TimeZone(identifier: "Asia/Shanghai") ?? .gmt, calendar: Calendar(identifier: .gregorian))
            )
    }

    private func line(_ report: Report, _ observation: Observation) -> String {
        let isAbnormal = !observation.interpretation.isEmpty && observation.interpretation != ["N"]
        // What a device sends for "no result" must not look like one.
        let isAbsent = if case .absent = observation.value { true } else { false }
        let value = column(
            isAbsent ? "no result" : "\(observation.asSent.value) \(observation.asSent.unit)", 14)
        let end = report.isQC ? terminal.styled("control material, not posted", .dim) : observation.loinc?.code ?? "–"
        let subject = report.imagingStudy == nil ? report.specimen.id : report.patient?.id ?? ""
        let code = observation.asSent.code.isEmpty ? observation.display : observation.asSent.code
        return "  \(time(report))  \(column(report.device, 12)) \(column(subject, 16)) "
            + (report.imagingStudy == nil ? column(code, 10) : column(observation.display, 34)) + " "
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

    func simulated(_ event: ModalityEvent) {
        switch event {
        case .began(_, let patient, let instances):
            Stream.output(terminal.styled(VisibleText.of("  ct: \(instances) instances of \(patient)"), .dim) + "\n")
        case .stored: counts.withLock { $0.images += 1 }
        case .failed(_, _, let status, let reason):
            let code = String(status, radix: 16, uppercase: true)
            Stream.output(terminal.styled("  ct: refused: \(code) \(VisibleText.of(reason))\n", .bad))
        case .did, .trouble, .ended: break
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
            \(counts.acknowledged) messages and \(counts.images) images acknowledged to the devices, \
            \(counts.results) results stored, \(counts.studies) studies complete, \(counts.messages) ORU and \(counts.bundles) bundles taken by the EMR.
            Posted:  \(site.posted.path)/oru/*.hl7  bundles/*.json
            State:   \(site.state.path)   (the next run goes on from it)

            """)
    }
}
