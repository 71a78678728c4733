/// HL7 table 0487 (specimen type) by the words that devices use.
public enum SpecimenTypes {
    /// Code for a word; nil when it is not known. A code of the table stands for itself.
    public static func code(for word: String) -> String? {
        let folded = OrdinalWords.lowercased(word)
        if let known = words[folded] { return known }
        return codes.contains(word) ? word : nil
    }

    /// Codes of the table that laboratory devices send or a profile may name.
    public static let codes: Set<String> = [
        "SER", "PLAS", "BLD", "BLDA", "BLDC", "BLDCO", "BLDV", "UR", "URINE", "UR24H", "CSF", "STL", "SAL", "SPT",
        "SMN", "AMN", "ASP",
        "BAL", "BRO", "BIFL", "CVX", "EAR", "FLU", "FLT", "GAST", "HAR", "MAR", "MIL", "NAIL", "NOS", "PLR", "PRT",
        "RBC", "SKN", "SNV",
        "SWT", "THRT", "TISS", "VAG", "WBC", "WND", "PPP", "PRP", "CBLD", "CAPIL", "DBS", "PERI", "PLEU", "SYN", "TEAR",
        "XXX", "CTRL",
        "QC", "PLB", "BPLAS", "BDY", "BON",
    ]

    private static let words: [String: String] = Dictionary(
        [
            ("serum", "SER"), ("ser", "SER"), ("sérum", "SER"), ("suero", "SER"), ("siero", "SER"), ("血清", "SER"),
            ("s", "SER"),
            ("plasma", "PLAS"), ("plas", "PLAS"), ("pla", "PLAS"), ("血浆", "PLAS"),
            ("urine", "UR"), ("urin", "UR"), ("ur", "UR"), ("orina", "UR"), ("尿", "UR"), ("尿液", "UR"), ("u", "UR"),
            ("blood", "BLD"), ("whole blood", "BLD"), ("whole_blood", "BLD"), ("wb", "BLD"), ("bld", "BLD"),
            ("全血", "BLD"),
            ("arterial", "BLDA"), ("arterial blood", "BLDA"), ("动脉血", "BLDA"), ("venous", "BLDV"),
            ("venous blood", "BLDV"),
            ("静脉血", "BLDV"), ("capillary", "BLDC"), ("capillary blood", "BLDC"), ("末梢血", "BLDC"),
            ("cord blood", "BLDCO"),
            ("csf", "CSF"), ("脑脊液", "CSF"), ("stool", "STL"), ("faeces", "STL"), ("feces", "STL"), ("粪便", "STL"),
            ("saliva", "SAL"),
            ("sputum", "SPT"), ("痰", "SPT"), ("pleural fluid", "PLR"), ("胸水", "PLR"), ("synovial fluid", "SNV"),
            ("amniotic fluid", "AMN"),
        ], uniquingKeysWith: { first, _ in first })
}
