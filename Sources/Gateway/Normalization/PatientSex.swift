import Terminology

/// HL7 table 0001 from what devices send.
enum PatientSex {
    /// M, F, O, U, A or N; empty when nothing was sent; U for what is not known.
    static func code(for word: String) -> String {
        switch word {
        case "", "M", "F", "O", "U", "A", "N": return word
        case "男": return "M"
        case "女": return "F"
        default: break
        }
        return switch OrdinalWords.lowercased(word) {
        case "m", "male", "man", "masculin", "homme", "männlich", "masculino", "男性": "M"
        case "f", "female", "woman", "féminin", "femme", "w", "weiblich", "femenino", "女性": "F"
        case "o", "other": "O"
        default: "U"
        }
    }
}
