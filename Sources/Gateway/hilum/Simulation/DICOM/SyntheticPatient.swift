/// Somebody who does not exist.
struct SyntheticPatient: Sendable, Equatable {
    /// Patient ID.
    var id: String
    /// Patient's Name (PS3.5 6.2.1): alphabetic group, and the ideographic one where there is one.
    var name: String
    /// YYYYMMDD.
    var birthDate: String
    /// M, F.
    var sex: String
    /// Specific Character Set that the modality declares.
    var charset: String

    /// Somebody by chance; every other one has a Chinese name, as consoles in China write them.
    static func any(_ random: inout SplitMix64) -> SyntheticPatient {
        let number = random.next() % 10_000_000
        let year = 1930 + random.next() % 90
        let month = 1 + random.next() % 12
        let day = 1 + random.next() % 28
        func two(_ value: UInt64) -> String { (value < 10 ? "0" : "") + String(value) }
        let isChinese = random.next() % 2 == 0
        return SyntheticPatient(
            id: "SIM" + String(repeating: "0", count: 7 - String(number).count) + String(number),
            name: isChinese ? chinese(&random) : latin(&random), birthDate: "\(year)\(two(month))\(two(day))",
            sex: random.next() % 2 == 0 ? "F" : "M",
            charset: isChinese ? (random.next() % 2 == 0 ? "GB18030" : "ISO_IR 192") : "ISO_IR 100")
    }

    private static func chinese(_ random: inout SplitMix64) -> String {
        let families = [
            ("Zhang", "张"), ("Wang", "王"), ("Li", "李"), ("Chen", "陈"), ("Ouyang", "欧阳"), ("Zhao", "赵"), ("Long", "龍"),
        ]
        let given = [
            ("Wei", "伟"), ("Min", "敏"), ("Jing", "静"), ("Xiaoming", "小明"), ("Yan", "燕"), ("Guoqiang", "国强"),
        ]
        let (family, first) = (pick(families, &random), pick(given, &random))
        return "\(family.0)^\(first.0)=\(family.1)^\(first.1)"
    }

    private static func latin(_ random: inout SplitMix64) -> String {
        let families = ["Miller", "García", "Müller", "Rossi", "Dubois", "Jensen", "O'Hara"]
        let given = ["Anna", "José", "Peter", "Zoë", "Marie", "Lars"]
        return "\(pick(families, &random))^\(pick(given, &random))"
    }

    private static func pick<Element>(_ all: [Element], _ random: inout SplitMix64) -> Element {
        all[Int(random.next() % UInt64(all.count))]
    }
}
