import Contracts
import Synchronization
import Testing

@testable import Transport

/// A generator with a seed (SplitMix64), so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite("Settings of links")
struct SettingsTests {
    @Test("addresses and networks are read and written as people write them")
    func networks() {
        let good: [(String, String)] = [
            ("10.0.0.7", "10.0.0.7"), ("10.0.0.7/32", "10.0.0.7"), ("10.1.2.3/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::1", "::1"), ("fe80::1", "fe80::1"), ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"),
            ("2001:db8::/32", "2001:db8::/32"), ("::", "::"), ("::/0", "::/0"), ("::ffff:10.0.0.7", "10.0.0.7"),
            ("1::", "1::"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ]
        for (text, expected) in good { #expect(IPNetwork(text)?.description == expected, "\(text)") }
        let bad = [
            "", "10.0.0", "10.0.0.256", "10.0.0.07", "10.0.0.7/33", "10.0.0.7/", "10.0.0.7/-1", "10.0.0.7/1x",
            "a.b.c.d",
            "1:2:3", "1::2::3", ":::", "12345::", "::1/129", "fe80::1%eth0", "1:2:3:4:5:6:7:8:9", "::-1", "::+1",
            "analyser.local", "10.0.0.7 ", "1.2.3.4.5", "::1.2.3", "1:2:3:4:5:6:7::8",
        ]
        for text in bad { #expect(IPNetwork(text) == nil, "\(text)") }
    }

    @Test("a network holds just the addresses that share its prefix", arguments: [UInt64(1), 2, 3])
    func containment(seed: UInt64) {
        var random = SplitMix64(state: seed)
        for _ in 0..<2000 {
            let address = UInt32.random(in: 0...UInt32.max, using: &random)
            let other =
                Bool.random(using: &random) ? address ^ (1 << UInt32.random(in: 0...31, using: &random)) : address
            let prefix = Int.random(in: 0...32, using: &random)
            func text(_ value: UInt32) -> String {
                "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
            }
            let network = IPNetwork("\(text(address))/\(prefix)")
            let mask = prefix == 0 ? 0 : UInt32.max << UInt32(32 - prefix)
            let expected = address & mask == other & mask
            #expect(IPNetwork(text(other)).map { network?.contains($0) == expected } == true)
        }
    }

    @Test("no text makes the reader of addresses trap")
    func anyText() {
        var random = SplitMix64(state: 42)
        let letters = Array("0123456789abcdefxyz:./-+% \u{E9}\u{4E2D}")
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...20, using: &random)
            let text = String((0..<count).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] })
            if let network = IPNetwork(text) { #expect(IPNetwork(network.description) == network, "\(text)") }
        }
    }

    @Test("the clock asks the zone once a quarter of an hour, and gives its offset")
    func clock() {
        let asked = Mutex(0)
        let clock = SystemClock { _ in
            asked.withLock { $0 += 1 }
            return -12_600
        }
        var last = clock.now()
        for _ in 0..<10_000 {
            let now = clock.now()
            #expect(now.monotonic >= last.monotonic)
            #expect(now.utcOffset == -12_600)
            last = now
        }
        #expect(asked.withLock { $0 } <= 2)
        #expect(last.unix > 1_600_000_000_000_000)
    }

    @Test("links describe themselves as people write them")
    func summaries() {
        #expect(
            SerialSettings(path: "/dev/ttyS0", baud: 4800, dataBits: 7, parity: .even, stopBits: 2, flow: .xonxoff)
                .summary
                == "/dev/ttyS0 4800 7E2 xonxoff")
        #expect(TCPListenSettings(address: "::", port: 5000).place == "[::]:5000")
        #expect(TCPConnectSettings(host: "analyser", port: 5000).place == "analyser:5000")
    }

    @Test("the process that listens on a port is found in the kernel's table")
    func portTable() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0
               1: 0100007F:1388 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 999 1 0
               2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0
               3: broken line
            """
        #expect(PortHolder.listening(port: 5000, in: table) == ["12345"])
        #expect(PortHolder.listening(port: 22, in: table) == ["77"])
        #expect(PortHolder.listening(port: 80, in: table) == [])
        #expect(PortHolder.listening(port: 5000, in: "") == [])
    }
}
