import Contracts
import JSONText
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
            case .status, .reload:
                return .failure(ControlFault("no gateway runs on this state folder", cure: "start it with hilum serve"))
            }
        } catch let refusal as StoreRefusal {
            return .failure(ControlFault(refusal.text))
        } catch let fault as StoreFault {
            return .failure(ControlFault(fault.text))
        } catch {
            return .failure(ControlFault("\(error)"))
        }
    }
}
