import DICOM

/// Well-known SOP classes of services.
enum ServiceClass {
    /// PS3.4 A.4.
    static let verification = "1.2.840.10008.1.1"
    /// PS3.4 K.6.1.
    static let worklist = "1.2.840.10008.5.1.4.31"
    /// PS3.4 F.7.
    static let performedStep = "1.2.840.10008.3.1.2.3.3"
    /// PS3.4 J.3, and its well-known instance (J.3.5).
    static let commitment = "1.2.840.10008.1.20.1"
    static let commitmentInstance = "1.2.840.10008.1.20.1.1"
    /// Syntaxes that every application takes (PS3.5 10), better first.
    static let plainTransfers = [TransferSyntax.explicitLittleEndian, TransferSyntax.implicitLittleEndian]

    /// How data sets are coded in a transfer syntax: all but the default one have explicit representations.
    static func coding(_ transfer: String) -> DataSetCoding {
        transfer == TransferSyntax.implicitLittleEndian ? .implicitLittleEndian : .explicitLittleEndian
    }
}

extension SimulatedAssociation {
    private enum Field {
        static let affectedClass = Tag(0x0000, 0x0002)
        static let requestedClass = Tag(0x0000, 0x0003)
        static let command = Tag(0x0000, 0x0100)
        static let priority = Tag(0x0000, 0x0700)
        static let comment = Tag(0x0000, 0x0902)
        static let affectedInstance = Tag(0x0000, 0x1000)
        static let requestedInstance = Tag(0x0000, 0x1001)
        static let action = Tag(0x0000, 0x1008)
    }

    /// C-ECHO (PS3.7 9.1.5).
    func echo() throws {
        var command = DataSet()
        command.set(Field.affectedClass, .UI, text: ServiceClass.verification)
        command.set(Field.command, .US, integer: 0x0030)
        let answers = try ask(command, context: try accepted(ServiceClass.verification).id)
        try succeeded(answers.last, "C-ECHO")
    }

    /// C-STORE (PS3.7 9.1.1).
    ///
    /// - Returns: the status and its comment.
    func store(_ instance: OutgoingInstance) throws -> (status: UInt16, comment: String) {
        guard let context = context(instance.sopClass, transfer: instance.transferSyntax) ?? context(instance.sopClass)
        else { return (0x0122, "the peer takes no \(UIDDictionary.name(instance.sopClass) ?? instance.sopClass)") }
        guard let bytes = instance.bytes(context.transfer) else {
            return (
                0x0122, "the peer takes no \(UIDDictionary.name(instance.transferSyntax) ?? instance.transferSyntax)"
            )
        }
        var command = DataSet()
        command.set(Field.affectedClass, .UI, text: instance.sopClass)
        command.set(Field.command, .US, integer: 0x0001)
        command.set(Field.priority, .US, integer: 0)
        command.set(Field.affectedInstance, .UI, text: instance.sopInstance)
        let answer = try ask(command, dataSet: bytes, context: context.id).last
        return (answer?.status ?? 0xC000, answer?.command.text(Field.comment) ?? "")
    }

    /// C-FIND of the worklist (PS3.4 K.4.1).
    func worklist(_ keys: DataSet) throws -> [DataSet] {
        let context = try accepted(ServiceClass.worklist)
        var command = DataSet()
        command.set(Field.affectedClass, .UI, text: ServiceClass.worklist)
        command.set(Field.command, .US, integer: 0x0020)
        command.set(Field.priority, .US, integer: 0)
        let coding = ServiceClass.coding(context.transfer)
        let answers = try ask(command, dataSet: keys.encoded(as: coding), context: context.id)
        try succeeded(answers.last, "C-FIND")
        return try answers.dropLast().compactMap { answer in
            try answer.dataSet.map { try DataSet.parse($0, coding) }
        }
    }

    /// N-CREATE of a performed procedure step (PS3.4 F.7.2.1).
    func create(step uid: String, _ attributes: DataSet) throws {
        try change(0x0140, Field.affectedClass, Field.affectedInstance, uid, attributes, "N-CREATE")
    }

    /// N-SET of a performed procedure step (PS3.4 F.7.2.2).
    func set(step uid: String, _ attributes: DataSet) throws {
        try change(0x0120, Field.requestedClass, Field.requestedInstance, uid, attributes, "N-SET")
    }

    private func change(
        _ field: Int, _ sopClass: Tag, _ instance: Tag, _ uid: String, _ attributes: DataSet, _ name: String
    ) throws {
        let context = try accepted(ServiceClass.performedStep)
        var command = DataSet()
        command.set(sopClass, .UI, text: ServiceClass.performedStep)
        command.set(Field.command, .US, integer: field)
        command.set(instance, .UI, text: uid)
        let bytes = attributes.encoded(as: ServiceClass.coding(context.transfer))
        try succeeded(try ask(command, dataSet: bytes, context: context.id).last, name)
    }

    /// Storage commitment (PS3.4 J.3.2): asks, and waits for the report on this association.
    ///
    /// - Returns: SOP Instance UIDs committed and failed; nil: no report came here within the limit.
    func commit(
        _ instances: [(sopClass: String, sopInstance: String)], transaction: String, limit: Duration
    ) throws -> (committed: Int, failed: Int)? {
        let context = try accepted(ServiceClass.commitment)
        var information = DataSet()
        information.set(Tag(0x0008, 0x1195), .UI, text: transaction)
        information.set(
            Tag(0x0008, 0x1199),
            items: instances.map { instance in
                var item = DataSet()
                item.set(Tag(0x0008, 0x1150), .UI, text: instance.sopClass)
                item.set(Tag(0x0008, 0x1155), .UI, text: instance.sopInstance)
                return item
            })
        var command = DataSet()
        command.set(Field.requestedClass, .UI, text: ServiceClass.commitment)
        command.set(Field.command, .US, integer: 0x0130)
        command.set(Field.requestedInstance, .UI, text: ServiceClass.commitmentInstance)
        command.set(Field.action, .US, integer: 1)
        let coding = ServiceClass.coding(context.transfer)
        try succeeded(
            try ask(command, dataSet: information.encoded(as: coding), context: context.id).last, "N-ACTION")
        guard let report = event(limit: limit), let bytes = report.dataSet else { return nil }
        let said = try DataSet.parse(bytes, coding)
        return (said.items(Tag(0x0008, 0x1199)).count, said.items(Tag(0x0008, 0x1198)).count)
    }

    private func accepted(_ sopClass: String) throws -> (id: UInt8, transfer: String) {
        if let context = context(sopClass) { return context }
        throw NotAccepted(service: UIDDictionary.name(sopClass) ?? sopClass)
    }

    private func succeeded(_ answer: Message?, _ name: String) throws {
        guard let status = answer?.status, status != 0 else { return }
        let comment = answer?.command.text(Field.comment) ?? ""
        let code = String(status, radix: 16, uppercase: true)
        throw Fault(
            description: "\(name) failed with \(String(repeating: "0", count: max(0, 4 - code.count)))\(code)"
                + (comment.isEmpty ? "" : ": \(comment)"))
    }
}

/// An instance on its way out of a simulated modality.
struct OutgoingInstance {
    /// SOP Class UID.
    var sopClass: String
    /// SOP Instance UID.
    var sopInstance: String
    /// Series Instance UID.
    var series: String
    /// Study Instance UID.
    var study: String
    /// Transfer Syntax UID that its pixels are in.
    var transferSyntax: String
    /// The data set.
    var dataSet: DataSet

    /// Bytes of its values, those in sequences left out.
    var size: Int { dataSet.elements.reduce(0) { $0 + ($1.bytes?.count ?? 0) } }

    /// The data set in a transfer syntax; nil: that would mean to decompress.
    func bytes(_ transfer: String) -> [UInt8]? {
        if transfer == transferSyntax { return dataSet.encoded(as: ServiceClass.coding(transfer)) }
        let plain = ServiceClass.plainTransfers
        guard plain.contains(transfer), plain.contains(transferSyntax) else { return nil }
        return dataSet.encoded(as: ServiceClass.coding(transfer))
    }
}
