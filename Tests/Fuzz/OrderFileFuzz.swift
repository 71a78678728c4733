import Orders

/// A file of laboratory orders: taken, each with its keys, or refused with a place.
func fuzzOrderFile(_ bytes: UnsafeRawBufferPointer) {
    let file = Array(bytes)
    _ = OrderFile.isLaboratory(file)
    do {
        for order in try OrderFile.parse(file) {
            precondition(!order.placer.isEmpty && !order.specimenID.isEmpty && !order.patient.id.isEmpty)
            precondition(!order.tests.isEmpty || order.action == .cancel)
        }
    } catch {
        precondition(!error.problem.isEmpty && !error.cure.isEmpty)
    }
}
