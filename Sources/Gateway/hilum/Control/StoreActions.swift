import Contracts
import Imaging
import JSONText
import Orders
import Store

/// What a person may do to the store, the same through a running gateway and without one.
enum StoreActions {
    /// Carries out a request that concerns the store.
    static func carry(_ request: ControlRequest, store: Store) async -> Result<JSONObject, ControlFault> {
        do {
            switch request {
            case .resend(let item, let person):
                let sent = try await store.resend(item: item, who: person.who, note: person.note)
                return .success(["item": .number(sent)])
            case .discard(let item, let person):
                try await store.discard(item: item, who: person.who, note: person.note)
                return .success(["item": .number(item)])
            case .release(let report, let person):
                try await store.release(report: report, who: person.who, note: person.note)
                return .success(["report": .number(report)])
            case .drop(let report, let person):
                try await store.discard(report: report, who: person.who, note: person.note)
                return .success(["report": .number(report)])
            case .correct(let report, let form, let person):
                let sent = try await store.correct(
                    report: report, with: try form.report(), who: person.who, note: person.note)
                return .success(["report": .number(report), "correction": .number(sent)])
            case .resendImages(let study, let destination, let onlyFailed, let person):
                let count = try await store.resendImages(
                    study: study, destination: destination, onlyFailed: onlyFailed, who: person.who, note: person.note)
                return .success(["images": .number(count)])
            case .discardImages(let study, let destination, let person):
                let count = try await store.discardImages(
                    study: study, destination: destination, who: person.who, note: person.note)
                return .success(["images": .number(count)])
            case .releaseStudy(let study, let person):
                try await store.release(study: study, who: person.who, note: person.note)
                return .success(["study": .string(study)])
            case .importOrders(let text) where OrderFile.isLaboratory(Array(text.utf8)):
                let taken = try await store.put(laboratory: try OrderFile.parse(Array(text.utf8)))
                return .success([
                    "orders": .number(taken.orders), "added": .number(taken.added), "known": .number(taken.known),
                    "cancelled": .number(taken.cancelled),
                ])
            case .importOrders(let text):
                let orders = try ImagingOrders.parse(Array(text.utf8))
                try await store.put(orders: orders)
                return .success([
                    "orders": .number(orders.count), "steps": .number(orders.reduce(0) { $0 + $1.steps.count }),
                ])
            case .cancelOrder(let accession, let person):
                let steps = try await store.cancelOrder(accession: accession, who: person.who, note: person.note)
                return .success(["steps": .number(steps)])
            case .cancelLaboratoryOrder(let placer, let specimen, let test, let person):
                let tests = try await store.cancelLaboratoryOrder(
                    placer: placer, specimen: specimen, test: test, who: person.who, note: person.note)
                return .success(["tests": .number(tests)])
            case .status, .reload:
                return .failure(ControlFault("no gateway runs on this state folder", cure: "start it with hilum serve"))
            }
        } catch let fault as ControlFault {
            return .failure(fault)
        } catch let refusal as StoreRefusal {
            return .failure(ControlFault(refusal.text))
        } catch let fault as ImagingOrderFault {
            return .failure(ControlFault(fault.problem, cure: fault.cure))
        } catch let fault as OrderFileFault {
            return .failure(ControlFault(fault.problem, cure: fault.cure))
        } catch let fault as StoreFault {
            return .failure(ControlFault(fault.text))
        } catch {
            return .failure(ControlFault("\(error)"))
        }
    }
}
