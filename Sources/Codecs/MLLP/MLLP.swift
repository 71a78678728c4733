/// The minimal lower layer protocol (HL7 v2.5.1, Appendix C): VT message FS CR.
public enum MLLP {
    /// Start of a block.
    public static let startOfBlock: UInt8 = 0x0B
    /// End of a block.
    public static let endOfBlock: UInt8 = 0x1C
    /// Follows the end of a block.
    public static let carriageReturn: UInt8 = 0x0D

    /// A message as a block.
    public static func frame(_ message: some Collection<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(message.count &+ 3)
        frame(message, to: &bytes)
        return bytes
    }

    /// Appends a message as a block.
    public static func frame(_ message: some Collection<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(startOfBlock)
        bytes.append(contentsOf: message)
        bytes.append(endOfBlock)
        bytes.append(carriageReturn)
    }
}
