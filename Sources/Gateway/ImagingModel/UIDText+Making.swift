extension UIDText {
    /// A new UID from a random number (PS3.5 B.2).
    public static func make() -> String {
        // Variant and version bits of a UUID made at random.
        var number = UInt128.random(in: .min ... .max)
        number = number & ~(UInt128(0xF000) << 64) | UInt128(0x4000) << 64
        number = number & ~(UInt128(0xC0) << 56) | UInt128(0x80) << 56
        return "2.25.\(number)"
    }
}
