import Foundation
import ResultModel
import Testing

@Suite("Exact decimals")
struct DecimalTests {
    @Test("Against Foundation's Decimal: product, rounding, text")
    func againstReference() {
        var random = TestRandom(11)
        var products = 0
        for _ in 0..<20_000 {
            let left = text(&random)
            let right = text(&random)
            guard let one = ExactDecimal(left), let two = ExactDecimal(right), let slow = Decimal(string: left),
                let slowOther = Decimal(string: right)
            else {
                Issue.record("not read: \(left) or \(right)")
                continue
            }
            #expect(Decimal(string: one.text) == slow, "\(left) -> \(one.text)")
            // Eighteen digits hold the exact product of nine digits each.
            if let product = one.multiplied(by: two) {
                products += 1
                #expect(Decimal(string: product.text) == slow * slowOther, "\(left) × \(right) = \(product.text)")
            }
            let decimals = Int(random.next() % 6)
            var wanted = Decimal()
            var source = slow
            NSDecimalRound(&wanted, &source, decimals, .plain)
            #expect(Decimal(string: one.rounded(decimals: decimals).text) == wanted, "\(left) to \(decimals)")
            #expect(one.normalized == ExactDecimal(one.text + (one.text.contains(".") ? "000" : ".000"))?.normalized)
        }
        #expect(products == 20_000)
    }

    private func text(_ random: inout TestRandom) -> String {
        let digits = Int(random.next() % 8) + 1
        var text = (0..<digits).map { _ in String(random.next() % 10) }.joined()
        let point = Int(random.next() % UInt64(digits + 1))
        text.insert(".", at: text.index(text.startIndex, offsetBy: point))
        return (random.next() % 3 == 0 ? "-" : "") + text
    }

    @Test(
        "Limits",
        arguments: [
            "999999999999999999", "0.000000000000000001", "1E17", "-999999999999999999", "000000000000000000000000012",
        ])
    func limits(_ text: String) throws {
        let number = try #require(ExactDecimal(text))
        #expect(Decimal(string: number.text) == Decimal(string: text))
        _ = number.multiplied(by: number)
        _ = number.rounded(decimals: 0)
        _ = number.rounded(decimals: -1)
        #expect(
            number.multiplied(by: try #require(ExactDecimal("999999999999999999"))).map { $0.text.utf8.count < 24 }
                ?? true)
    }

    @Test(
        "Refused",
        arguments: [
            "", "-", ".", "1.2.3", "1e5x", "e5", "1e", "1e1000", "1234567890123456789", "1E18", " 1", "1 ", "0x1", "٣",
        ])
    func refused(_ text: String) { #expect(ExactDecimal(text) == nil) }

    @Test("Zeros behind the point: kept from the device, not made by a factor")
    func zeros() {
        #expect(ExactDecimal("14.10")?.text == "14.10")
        #expect(ExactDecimal("14.10")?.multiplied(by: ExactDecimal("10") ?? .zero)?.text == "141.0")
        #expect(ExactDecimal("14.1")?.multiplied(by: ExactDecimal("10") ?? .zero)?.text == "141")
        #expect(ExactDecimal("14.1")?.multiplied(by: ExactDecimal("0.1") ?? .zero)?.text == "1.41")
        #expect(ExactDecimal("572")?.multiplied(by: ExactDecimal("0.01") ?? .zero)?.text == "5.72")
        #expect(ExactDecimal("500")?.multiplied(by: ExactDecimal("0.01") ?? .zero)?.text == "5")
    }
}
