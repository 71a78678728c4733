/// Lets the first transaction of each device go alone.
///
/// Two conditional creates of one Device at the same time can both find nothing and both make one, on servers that do not
/// lock; from then on the server would refuse every transaction of that device with 412. Patients need no such care,
/// because items of one patient never go out at the same time.
actor FirstOfDevice {
    private enum State {
        case trying([CheckedContinuation<Void, Never>])
        case known
    }
    private var devices: [String: State] = [:]

    /// Waits until nobody else tries the device for the first time.
    ///
    /// - Returns: true when the caller is the one to try, and must say how it ended by `ended`.
    func begin(_ device: String) async -> Bool {
        while true {
            switch devices[device] {
            case .known: return false
            case nil:
                devices[device] = .trying([])
                return true
            case .trying(let waiting):
                await withCheckedContinuation { continuation in
                    devices[device] = .trying(waiting + [continuation])
                }
            }
        }
    }

    /// The first transaction of the device ended.
    func ended(_ device: String, isTaken: Bool) {
        guard case .trying(let waiting) = devices[device] else { return }
        devices[device] = isTaken ? .known : nil
        for continuation in waiting { continuation.resume() }
    }
}
