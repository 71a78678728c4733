import CPlatform
import Contracts
import Glibc
import Logging

extension Supervisor {
    /// A process has ended: the instance whose call it was in goes to a process of its own or is given up; the others go
    /// on in a new process.
    func recover(_ child: Child, _ end: hilum_exit, _ present: (instance: HostedInstance, input: UInt64)?) {
        let slot = child.slot
        var instances = child.instances.sorted { $0.key < $1.key }.map(\.value).filter { !$0.hasEnded }
        for instance in instances { instance.detach() }
        if let refusal = child.refusal {
            for instance in instances { instance.finish(.moduleUnusable(refusal)) }
            return fill(slot)
        }
        guard !instances.isEmpty || !slot.waiting.isEmpty else { return }

        let cause = describe(child, end)
        slot.restarts += 1
        if let present, let index = instances.firstIndex(where: { $0 === present.instance }) {
            instances.remove(at: index)
            log.error(
                "driver \(slot.driver): \(cause) in call \(present.input) of \(present.instance.device)",
                metadata: ["device": "\(present.instance.device)"])
            restart(others: instances, slot, "\(cause), on what the device \(present.instance.device) sent")
            isolate(present.instance, input: present.input, slot, cause)
        } else {
            log.error("driver \(slot.driver): \(cause), in no call", metadata: ["instances": "\(instances.count)"])
            noteUnexplainedEnd(slot, wasReady: child.isReady)
            guard slot.failedStarts < 3 else {
                let text = "the module \(slot.module) ended the process three times while it was loaded: \(cause)"
                for instance in instances + slot.waiting { instance.finish(.moduleUnusable(text)) }
                slot.waiting = []
                slot.failedStarts = 0
                return
            }
            restart(others: instances, slot, cause)
        }
    }

    private func restart(others: [HostedInstance], _ slot: Slot, _ cause: String) {
        var staying: [HostedInstance] = []
        for instance in others {
            if instance.isReplayable {
                staying.append(instance)
            } else {
                giveUp(instance, "\(cause); and more bytes had come than are kept to be read again")
            }
        }
        slot.waiting = staying + slot.waiting
        if slot.startAt == nil { fill(slot) }
        for instance in staying {
            instance.listener.onRestart("the driver \(slot.driver) was started again: \(cause)")
        }
    }

    /// The instance whose call ended the process.
    private func isolate(_ instance: HostedInstance, input: UInt64, _ slot: Slot, _ cause: String) {
        guard let crashes = instance.crashed(in: input) else {
            return giveUp(instance, "\(cause); and more bytes had come than are kept to be read again")
        }
        guard crashes < settings.crashesBeforeQuarantine else {
            return giveUp(instance, "\(cause), \(crashes) times on the same bytes")
        }
        ownProcess.insert(instance.device)
        place(instance, module: slot.module)
        instance.listener.onRestart(
            "the driver \(slot.driver) was started again in a process of its own: \(cause), on what this device sent")
    }

    private func giveUp(_ instance: HostedInstance, _ reason: String) {
        let text = "the driver \(instance.driver) cannot read them: \(reason)"
        log.error("given up: \(text)", metadata: ["device": "\(instance.device)"])
        if instance.isOpen {
            instance.finish(.quarantined(bytes: instance.heldBytes, reason: text))
        } else {
            instance.finish(
                .moduleUnusable("the driver \(instance.driver) cannot be opened with these options: \(reason)"))
        }
    }

    /// A process that ends again and again for no reason of ours is started once a second only.
    private func noteUnexplainedEnd(_ slot: Slot, wasReady: Bool) {
        if !wasReady { slot.failedStarts += 1 }
        let now = now()
        slot.unexplainedEnds.removeAll { now - $0 > 10_000_000 }
        slot.unexplainedEnds.append(now)
        if slot.unexplainedEnds.count > 5 { slot.startAt = now + 1_000_000 }
    }

    /// How a process ended, for people.
    private func describe(_ child: Child, _ end: hilum_exit) -> String {
        if let reason = child.endedBecause { return "it was ended because \(reason)" }
        return end.words(largestData: settings.largestData)
    }

    // MARK: Statistics

    func processes() -> [DriverProcess] {
        children.values.sorted { $0.id < $1.id }.map { child in
            DriverProcess(
                driver: child.slot.driver, device: child.slot.key.device, process: child.process,
                resident: SpawnedProcess.residentBytes(of: child.process), instances: child.instances.count,
                restarts: child.slot.restarts)
        }
    }
}
