/// Columns of the blood-count blocks, counted from 0 behind STX (analysers' sheets 5.1 and 5.2, whose offsets count STX).
struct D1Layout {
    /// What the analyser calls the leukocyte populations: depends on the model.
    enum Populations: Sendable, Equatable {
        /// LYM, MXD, NEUT.
        case cells
        /// W-SCR, W-MCR, W-LCR, W-SCC, W-MCC, W-LCC: small, middle, large.
        case sizes
        /// LYM, MONO, NEUT, EO, BASO.
        case five
    }

    /// One parameter: digits, then one flag digit.
    struct Field {
        var code: String
        var offset: Int
        var digits: Int
        var decimals: Int
    }

    /// Bytes of text.
    var length: Int
    var specimen: (offset: Int, length: Int)
    /// Letter that says which RDW field 14 of the short block is.
    var widthKind: Int?
    var distribution: (offset: Int, length: Int)?
    var fields: [Field]
    /// Fields that a model without eosinophils and basophils leaves zero.
    var unused: [Field] = []

    /// Code of field 14 of the short block until its letter has been looked at.
    static let undecidedWidth = "RDW"

    static func short(_ populations: Populations, haemoglobinDecimals: Int) -> D1Layout {
        let (percent, count) = names(populations)
        let codes: [(String, Int)] = [
            ("WBC", 1), ("RBC", 2), ("HGB", haemoglobinDecimals), ("HCT", 1), ("MCV", 1), ("MCH", 1),
            ("MCHC", haemoglobinDecimals), ("PLT", 0), (percent[0], 1), (percent[1], 1), (percent[2], 1),
            (count[0], 1), (count[1], 1), (count[2], 1), (undecidedWidth, 1), ("PDW", 1), ("MPV", 1), ("P-LCR", 1),
        ]
        let fields = codes.enumerated().map { index, code in
            Field(code: code.0, offset: 29 + 5 * index, digits: 4, decimals: code.1)
        }
        return D1Layout(
            length: 119, specimen: (10, 12), widthKind: 28, distribution: (22, 6), fields: fields)
    }

    static func long(_ populations: Populations, haemoglobinDecimals: Int) -> D1Layout {
        let (percent, count) = names(populations)
        func field(_ code: String, _ sheetOffset: Int, _ decimals: Int, digits: Int = 4) -> Field {
            Field(code: code, offset: sheetOffset - 1, digits: digits, decimals: decimals)
        }
        let five = [field("EO%", 110, 1), field("BASO%", 115, 1)]
        let fiveCounts = [field("EO#", 138, 2, digits: 5), field("BASO#", 144, 2, digits: 5)]
        let width = field("RDW-CV", 150, 1)
        var fields = [
            field("WBC", 54, 2, digits: 5), field("RBC", 60, 2), field("HGB", 65, haemoglobinDecimals),
            field("HCT", 70, 1), field("MCV", 75, 1), field("MCH", 80, 1), field("MCHC", 85, haemoglobinDecimals),
            field("PLT", 90, 0), field(percent[0], 95, 1), field(percent[1], 100, 1), field(percent[2], 105, 1),
        ]
        if populations == .five { fields += five }
        fields += [
            field(count[0], 120, 2, digits: 5), field(count[1], 126, 2, digits: 5),
            field(count[2], 132, 2, digits: 5),
        ]
        if populations == .five { fields += fiveCounts + [width] }
        fields += [field("RDW-SD", 155, 1), field("PDW", 160, 1), field("MPV", 165, 1), field("P-LCR", 170, 1)]
        return D1Layout(
            length: 234, specimen: (21, 13), widthKind: nil, distribution: nil, fields: fields,
            unused: populations == .five ? [] : five + fiveCounts + [width])
    }

    private static func names(_ populations: Populations) -> (percent: [String], count: [String]) {
        switch populations {
        case .cells: (["LYM%", "MXD%", "NEUT%"], ["LYM#", "MXD#", "NEUT#"])
        case .sizes: (["W-SCR", "W-MCR", "W-LCR"], ["W-SCC", "W-MCC", "W-LCC"])
        case .five: (["LYM%", "MONO%", "NEUT%"], ["LYM#", "MONO#", "NEUT#"])
        }
    }
}
