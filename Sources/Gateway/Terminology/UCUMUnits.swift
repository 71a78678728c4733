/// The atoms of UCUM and its prefixes (UCUM 2.1, tables 1 to 25): those that measure something about a patient, a specimen
/// or an instrument, which leaves out most of the customary lengths, areas and weights.
enum UCUMUnits {
    /// True for an atom, or a metric atom with a prefix.
    static func isUnit(_ symbol: String) -> Bool {
        if metric.contains(symbol) || nonmetric.contains(symbol) { return true }
        for prefix in prefixes where symbol.hasPrefix(prefix) && metric.contains(String(symbol.dropFirst(prefix.count)))
        {
            return true
        }
        return false
    }

    static let prefixes = [
        "Y", "Z", "E", "P", "T", "G", "M", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f", "a", "z", "y", "Ki", "Mi",
        "Gi",
        "Ti",
    ]

    /// Atoms that take prefixes.
    static let metric: Set<String> = [
        // Base units.
        "m", "s", "g", "rad", "K", "C", "cd",
        // SI units.
        "mol", "sr", "Hz", "N", "Pa", "J", "W", "A", "V", "F", "Ohm", "S", "Wb", "Cel", "T", "H", "lm", "lx", "Bq",
        "Gy", "Sv",
        // Units used with SI.
        "l", "L", "ar", "t", "bar", "u", "eV", "pc", "st", "mho",
        // Natural and CGS units.
        "[c]", "[h]", "[k]", "[eps_0]", "[mu_0]", "[e]", "[m_e]", "[m_p]", "[G]", "[g]", "[ly]", "gf", "Ky", "Gal",
        "dyn", "erg",
        "P", "Bi", "St", "Mx", "G", "Oe", "Gb", "sb", "Lmb", "ph", "Ci", "R", "RAD", "REM",
        // Heat, pressure of a column.
        "cal", "cal_[15]", "cal_[20]", "cal_m", "cal_IT", "cal_th", "m[H2O]", "m[Hg]",
        // Chemistry and biology.
        "g%", "eq", "osm", "kat", "U", "[iU]", "[IU]", "B", "B[SPL]", "B[V]", "B[mV]", "B[uV]", "B[10.nV]", "B[W]",
        "B[kW]", "Np", "bit", "By", "Bd",
    ]

    /// Atoms that take none.
    static let nonmetric: Set<String> = [
        // Dimensionless.
        "10*", "10^", "[pi]", "%", "[ppth]", "[ppm]", "[ppb]", "[pptr]",
        // Angle and time.
        "gon", "deg", "'", "''", "min", "h", "d", "a_t", "a_j", "a_g", "a", "wk", "mo_s", "mo_j", "mo_g", "mo", "AU",
        "circ", "sph",
        // Lengths, areas, volumes, masses that clinics use.
        "[in_i]", "[ft_i]", "[yd_i]", "[mi_i]", "[sin_i]", "[sft_i]", "[cin_i]", "[cft_i]", "[in_us]", "[ft_us]",
        "[gal_us]",
        "[qt_us]", "[pt_us]", "[gil_us]", "[foz_us]", "[fdr_us]", "[min_us]", "[cup_us]", "[tbs_us]", "[tsp_us]",
        "[foz_m]",
        "[cup_m]", "[tsp_m]", "[tbs_m]", "[gr]", "[lb_av]", "[oz_av]", "[dr_av]", "[stone_av]", "[oz_tr]", "[lb_ap]",
        "[oz_ap]",
        "[dr_ap]", "[sc_ap]", "[oz_m]", "[Ch]", "[diop]", "[p'diop]", "%[slope]", "[mesh_i]", "[drp]", "[lne]", "[pnt]",
        "[pt_i]", "[mil_i]", "[hd_i]", "[twp]", "Ao", "b", "att", "[car_m]", "[car_Au]", "[smoot]",
        // Temperature, energy, pressure.
        "[degF]", "[degR]", "[degRe]", "[Cal]", "[Btu]", "[HP]", "atm", "[lbf_av]", "[psi]", "[in_i'H2O]", "[in_i'Hg]",
        "[PRU]", "[wood'U]", "tex", "[den]",
        // Clinical and laboratory units.
        "[pH]", "[S]", "[HPF]", "[LPF]", "[MET]", "[hnsf'U]", "[arb'U]", "[USP'U]", "[GPL'U]", "[MPL'U]", "[APL'U]",
        "[beth'U]",
        "[anti'Xa'U]", "[todd'U]", "[dye'U]", "[smgy'U]", "[bdsk'U]", "[ka'U]", "[knk'U]", "[mclg'U]", "[tb'U]",
        "[CCID_50]",
        "[TCID_50]", "[EID_50]", "[PFU]", "[FFU]", "[CFU]", "[IR]", "[BAU]", "[AU]", "[Amb'a'1'U]", "[PNU]", "[Lf]",
        "[D'ag'U]",
        "[FEU]", "[ELU]", "[EU]", "[HP_X]", "[HP_C]", "[HP_M]", "[HP_Q]", "[kp_X]", "[kp_C]", "[kp_M]", "[kp_Q]",
        "[m/s2/Hz^0.5]",
        // Logarithmic and other.
        "bit_s",
    ]
}
