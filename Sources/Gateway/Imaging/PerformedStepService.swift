import Contracts
import DICOM
import DriverWire
import ImagingModel

/// Modality Performed Procedure Steps (PS3.4 F.7), joined to the order and the study.
struct PerformedStepService: Sendable {
    let site: ImagingSite
    /// A step of these studies has ended.
    let ended: @Sendable (PerformedStep) async -> Void

    /// A `mpps-create`.
    func create(_ call: Call) async {
        do {
            let set = try Self.attributes(call)
            let said = call.message["sop_instance"] ?? ""
            var step = try PerformedStep(creating: said.isEmpty ? UIDText.make() : said, set)
            (step.device, step.callingAE, step.createdAt) = (call.device, call.calling, site.now)
            step.updatedAt = step.createdAt
            try await site.store.create(step)
            await join(step)
            call.answer(0x0000, fields: [ServiceMessage.Field("sop_instance", step.uid)])
        } catch { refuse(call, error, "N-CREATE") }
    }

    /// A `mpps-set`.
    func set(_ call: Call) async {
        do {
            let modification = try Self.attributes(call)
            let step = try await site.store.change(step: call.message["sop_instance"] ?? "") {
                try $0.changed(by: modification)
            }
            await join(step)
            call.answer(0x0000)
            if step.state != .inProgress { await ended(step) }
        } catch { refuse(call, error, "N-SET") }
    }

    private static func attributes(_ call: Call) throws -> DataSet {
        do { return try DataSet.parse(call.message.body, .explicitLittleEndian) } catch {
            throw ImagingRefusal(status: 0x0110, "the attributes cannot be read: \(error)")
        }
    }

    /// The steps of the worklist that it says it performs take its state.
    private func join(_ step: PerformedStep) async {
        let state: ImagingOrder.Step.State =
            switch step.state {
            case .inProgress: .inProgress
            case .completed: .completed
            case .discontinued: .discontinued
            }
        let accessions = step.accessions.isEmpty ? [""] : step.accessions
        for study in step.studies {
            for accession in accessions {
                for scheduled in step.scheduledSteps.isEmpty ? [""] : step.scheduledSteps {
                    // The step itself is durable; a worklist that still shows it is no loss.
                    try? await site.store.setStep(scheduled, study: study, accession: accession, state: state)
                }
            }
        }
    }

    private func refuse(_ call: Call, _ error: any Error, _ service: String) {
        let status: UInt16 =
            switch error {
            case let refusal as ImagingRefusal: refusal.status
            case let fault as PerformedStepFault: fault.status
            default: 0x0110
            }
        call.answer(status, "\(error)")
        site.record("failed", call.message, reason: "MPPS \(service) refused, \(status.hexadecimal): \(error)")
    }
}
