import Orders

/// What became of a test that was given to a device, for the store.
public struct OrderMark: Sendable, Equatable {
    /// Row of the test.
    public var test: Int64
    /// Where it stands now; nil: it was taken back from the device, and stays cancelled.
    public var state: LaboratoryOrder.TestState?
    /// Why, in words.
    public var note: String
    /// Device codes whose result answers it.
    public var answeredBy: [String]

    /// A mark from its parts.
    public init(test: Int64, state: LaboratoryOrder.TestState?, note: String = "", answeredBy: [String] = []) {
        self.test = test
        self.state = state
        self.note = note
        self.answeredBy = answeredBy
    }
}

/// What came of taking up orders.
public struct OrderImport: Sendable, Equatable {
    /// Orders in what was handed in.
    public var orders = 0
    /// Tests that were not known before.
    public var added = 0
    /// Tests that were known.
    public var known = 0
    /// Tests that were cancelled.
    public var cancelled = 0
    /// Nothing taken up.
    public init() {}
}

/// The laboratory orders in the store, as answering needs them. Reading never waits for the writer: devices ask with two
/// seconds of patience.
public protocol OrderBook: Sendable {
    /// All orders on a specimen, in the order taken up.
    func orders(specimen: String) async throws -> [LaboratoryOrder]
    /// Orders with open tests of a patient.
    func openOrders(patient: String, limit: Int) async throws -> [LaboratoryOrder]
    /// Orders with open tests.
    func openOrders(limit: Int) async throws -> [LaboratoryOrder]
    /// Orders with tests that no device has or is being sent, and with tests cancelled that the device has.
    ///
    /// - Parameter number: only those taken up after the order of this number.
    func ordersToSend(device: String, after number: Int64, limit: Int) async throws -> [LaboratoryOrder]
    /// Whether all of these tests still wait for a device and may be sent to this one unasked; from then on no other is sent
    /// them.
    func claim(_ tests: [Int64], device: String) async throws -> Bool
    /// Calls `wake` when orders were taken up or cancelled.
    func onOrders(_ wake: @escaping @Sendable () -> Void)
}
