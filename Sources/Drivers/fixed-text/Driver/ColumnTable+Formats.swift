import SerialBlocks

/// The formats known by name. Offsets count from 0 behind the start code.
extension ColumnTable {
    /// Analysers' sheet 5.11: `R `, id group, order group, ETB, patient group, ETB.
    static let orders: ColumnTable = {
        var table = ColumnTable()
        table.marks = [(0, "R "), (0, "O ")]
        table.specimen = [Column(6, 20)]
        // Carousel and position are one group of six.
        table.position = Column(26, 6)
        table.date = Column(32, 8)
        table.time = Column(40, 4)
        table.shortest = 48
        table.group = Group(
            at: 47, length: 13, most: 256, code: Column(0, 4), value: Column(4, 6), unit: nil, flag: Column(10, 1),
            status: Column(12, 1), endsAtBlank: false)
        table.groupEnd = ControlByte.etb
        table.goodStatuses = ["A"]
        table.isPrintable = false
        table.isOneLine = true
        return table
    }()

    /// Sheet 5.14: date, time, `ID# `, id, material, then three times name, value, unit.
    static let electrolytes: ColumnTable = {
        var table = ColumnTable()
        table.marks = [(15, "ID#")]
        table.specimen = [Column(19, 11)]
        table.specimenEnd = UInt8(ascii: "[")
        table.date = Column(0, 8)
        table.time = Column(9, 5)
        table.shortest = 62
        table.groupStart = UInt8(ascii: "]")
        table.isOneLine = true
        table.group = Group(
            at: 0, length: 21, most: 3, code: Column(0, 4), value: Column(4, 8), unit: Column(14, 7),
            flag: Column(12, 2), status: nil, endsAtBlank: true, least: 3)
        return table
    }()

    /// Sheet 5.23, hemacell: numbers of four characters from 119.
    static let counter: ColumnTable = {
        var table = ColumnTable()
        let codes = [
            "WBC", "LYM#", "MON#", "GRA#", "LYM%", "MON%", "GRA%", "RBC", "HGB", "HCT", "MCV", "MCH", "MCHC", "RDW",
            "PLT",
            "MPV", "PCT", "PDW",
        ]
        table.specimen = [Column(0, 11)]
        table.date = Column(109, 6)
        table.time = Column(115, 4)
        table.shortest = 119 + 4 * codes.count
        table.controlID = (Column(12, 40), ["DILUENT", "BACKGROUND"])
        table.fields = codes.enumerated().map { Field(code: $1, value: Column(119 + 4 * $0, 4), unit: nil) }
        return table
    }()

    /// Sheet 5.23, hydrasys: names, percentages and concentrations of fractions.
    static let fractions: ColumnTable = {
        var table = ColumnTable()
        table.shortest = 789
        table.specimen = [Column(5, 15)]
        table.number = Column(1, 4)
        table.date = Column(256, 8)
        table.lists = Lists(
            count: Column(264, 2), names: Column(266, 10), values: Column(366, 5), unit: "%")
        table.controlFlag = (Column(788, 1), "1")
        table.isPrintable = false
        table.isOneLine = true
        return table
    }()
}
