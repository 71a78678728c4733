/// Where the fields of a block stand, counted from the byte after STX.
struct HitachiLayout {
    var frame: Int
    var function: Int
    var number: Int
    var numberLength: Int
    var disk: Range<Int>
    var position: Range<Int>
    var id: Range<Int>
    var date: Range<Int>?
    var time: Range<Int>?
    var operatorID: Range<Int>?
    /// Three digits: how many results follow; nil: as many as there is text.
    var count: Int?
    var results: Int
    var testLength: Int

    /// Only the format line has neither date nor count.
    var isLine: Bool { count == nil }

    /// Test number, value of six, alarm of one.
    var resultLength: Int { testLength + 7 }

    /// Frame character, function, 37 characters of sample information, results of ten characters.
    static let frameFormat = HitachiLayout(
        frame: 0, function: 1, number: 3, numberLength: 5, disk: 8..<9, position: 9..<12, id: 12..<25,
        date: 30..<36, time: 36..<40, operatorID: nil, count: 40, results: 43, testLength: 3)

    /// Ids and packet number before the frame character, 42 characters of sample information, an operator.
    static let packetFormat = HitachiLayout(
        frame: 3, function: 4, number: 6, numberLength: 5, disk: 11..<16, position: 16..<19, id: 20..<33,
        date: 38..<44, time: 44..<48, operatorID: 48..<54, count: 54, results: 57, testLength: 3)

    /// Two digits of function, kind, number of four; results of nine characters.
    static let lineFormat = HitachiLayout(
        frame: 0, function: 0, number: 3, numberLength: 4, disk: 7..<9, position: 9..<11, id: 11..<24, date: nil,
        time: nil, operatorID: nil, count: nil, results: 24, testLength: 2)
}

/// What the letter of a function says about the sample.
struct HitachiFunction: Equatable {
    enum Material {
        case patient
        case control
        case calibration
    }
    var letter: UInt8
    /// Sample class, 1 … 5; empty where none was sent.
    var sampleClass: String
    var material: Material
    var isStat: Bool
    var hasID: Bool
    /// Measured again, by the analyser or by a person.
    var isRerun: Bool

    /// Characters of a number in the format line.
    var numberLength: Int { material == .control ? 2 : isStat ? 3 : 4 }

    /// Letters of the formats frame and packet; lower case is a batch sent later, and means the same.
    init?(letter: UInt8, sampleClass: UInt8) {
        let upper = letter >= 0x61 && letter <= 0x7A ? letter & 0xDF : letter
        switch upper {
        case UInt8(ascii: "A"), UInt8(ascii: "B"), UInt8(ascii: "C"): self.init(upper, .patient, hasID: true)
        case UInt8(ascii: "D"), UInt8(ascii: "E"): self.init(upper, .patient, isStat: true, hasID: true)
        case UInt8(ascii: "N"), UInt8(ascii: "O"), UInt8(ascii: "P"): self.init(upper, .patient)
        case UInt8(ascii: "Q"), UInt8(ascii: "R"): self.init(upper, .patient, isStat: true)
        case UInt8(ascii: "F"): self.init(upper, .control)
        case UInt8(ascii: "G"), UInt8(ascii: "H"): self.init(upper, .calibration)
        default: return nil
        }
        self.letter = letter
        self.sampleClass = sampleClass == 0x20 ? "" : String(UnicodeScalar(sampleClass))
        isRerun = "BCEOPR".utf8.contains(upper)
    }

    /// Letters of the format line: N routine, E STAT, C control.
    init?(lineKind: UInt8) {
        switch lineKind {
        case UInt8(ascii: "N"): self.init(lineKind, .patient)
        case UInt8(ascii: "E"): self.init(lineKind, .patient, isStat: true)
        case UInt8(ascii: "C"): self.init(lineKind, .control)
        default: return nil
        }
    }

    private init(_ letter: UInt8, _ material: Material, isStat: Bool = false, hasID: Bool = false) {
        self.letter = letter
        self.material = material
        self.isStat = isStat
        self.hasID = hasID
        sampleClass = ""
        isRerun = false
    }
}
