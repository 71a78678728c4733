import SerialBlocks
import Testing

struct BlockCheckTests {
    static let digits = Array("123456789".utf8)

    @Test("checks against published values of the text 123456789")
    func published() {
        #expect(BlockCheck.crc16X25(Self.digits) == 0x906E)
        #expect(BlockCheck.crc16XMODEM(Self.digits) == 0x31C3)
        #expect(BlockCheck.crc16GENIBUS(Self.digits) == 0xD64E)
        #expect(BlockCheck.sum(Self.digits) == 0xDD)
        #expect(BlockCheck.longSum(Self.digits) == 0x1DD)
        #expect(BlockCheck.twosComplement(Self.digits) == 0x23)
        #expect(BlockCheck.exclusiveOr(Self.digits) == 0x31)
    }

    @Test("nothing gives the start value; 70,000 bytes FF do not overflow")
    func edges() {
        #expect(BlockCheck.crc16X25([]) == 0)
        #expect(BlockCheck.sum([]) == 0)
        let many = [UInt8](repeating: 0xFF, count: 70_000)
        #expect(BlockCheck.sum(many) == UInt8(truncatingIfNeeded: 70_000 * 255))
        #expect(BlockCheck.longSum(many) == UInt16(truncatingIfNeeded: 70_000 * 255))
        #expect(BlockCheck.sum(many) &+ BlockCheck.twosComplement(many) == 0)
    }

    @Test("hex digits, both ways")
    func hex() {
        #expect(HexDigits.upper(UInt8(0xAF)) == Array("AF".utf8))
        #expect(HexDigits.lower(0xAF) == Array("af".utf8))
        #expect(HexDigits.upper(UInt16(0x0A9C)) == Array("0A9C".utf8))
        #expect(HexDigits.value(Array("0a9C".utf8)) == 0x0A9C)
        #expect(HexDigits.value(Array("FFFFFFFF".utf8)) == .max)
        for bad in ["", "G0", " 1", "-1", "123456789"] { #expect(HexDigits.value(Array(bad.utf8)) == nil) }
        for value in UInt8.min...UInt8.max { #expect(HexDigits.value(HexDigits.upper(value)) == UInt32(value)) }
    }

    @Test("control characters by name")
    func names() {
        #expect(ControlByte.named("stx") == 2)
        #expect(ControlByte.named("1C") == 0x1C)
        #expect(ControlByte.named("BEEP") == nil)
        #expect(ControlByte.named("1") == nil)
    }
}
