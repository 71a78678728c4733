import JSONText

/// What a driver is to be handed, and what a person has to know.
public struct OrderPlan: Sendable, Equatable {
    /// Why something was held back.
    public struct Problem: Sendable, Equatable {
        /// The specimen concerned.
        public var specimen: String
        /// What, and what to do.
        public var text: String
        /// Nothing of the specimen is given.
        public var isHeldWhole = false
    }

    /// In the order in which they are handed over.
    public var submissions: [OrderSubmission] = []
    /// What was held back.
    public var problems: [Problem] = []
    /// A plan to do nothing.
    public init() {}
}

/// One order as a driver's `submit` takes it, with the tests that it is about.
public struct OrderSubmission: Sendable, Equatable {
    /// A code given to the device and the test in the store that it stands for.
    public struct Item: Sendable, Equatable {
        /// The device's code.
        public var code: String
        /// Row of the test.
        public var test: Int64
        /// The same whenever this test is told to a device.
        public var number: String
        /// Device codes whose result answers the test.
        public var answeredBy: [String]

        /// An item from its parts.
        public init(code: String, test: Int64, number: String, answeredBy: [String]) {
            self.code = code
            self.test = test
            self.number = number
            self.answeredBy = answeredBy
        }
    }

    /// What the driver is told (docs/writing-a-driver.md).
    public var content: JSONObject
    /// The specimen.
    public var specimen: String
    /// What it is about; empty: nothing is ordered.
    public var items: [Item]
    /// It takes tests back.
    public var isCancellation: Bool

    /// A submission from its parts.
    public init(content: JSONObject, specimen: String, items: [Item] = [], isCancellation: Bool = false) {
        self.content = content
        self.specimen = specimen
        self.items = items
        self.isCancellation = isCancellation
    }

    /// As the driver takes it.
    public var json: [UInt8] { JSONValue.object(content).serialized() }

    /// Whether it answers a question.
    public var isAnswer: Bool { content["token"] != nil }

    /// Whether another order in answer to the same message follows.
    public var isFollowed: Bool {
        get { content["more"]?.bool ?? false }
        set { content["more"] = newValue ? .bool(true) : nil }
    }
}
