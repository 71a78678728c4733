/// Options of the corpus's devices, as their profiles have them.
enum DeviceOptions {
    static func json(for device: String) -> String { table[device] ?? "{}" }

    private static let table: [String: String] = [
        "abbott-architect": #"{"code": "R.3.4", "name": "R.3.5", "rows": [{"when": {"R.3.$": "P"}, "role": "raw"}]}"#,
        "cepheid-genexpert": #"""
        {"code": {"join": ["R.3.4", "R.3.7", "R.3.8"], "with": "/"}, "value": "R.4.*",
         "rows": [{"when": {"R.3.8": "?*"}, "role": "raw"}]}
        """#,
        "euroimmun-analyzer1": #"{"specimen": ["P.4", "P.3"], "patient": [], "alternate_patients": []}"#,
        "horiba-yumizen-h550": #"""
        {"code": "R.3.*", "qc": [{"H.12": "Q"}, {"O.12": "Q"}, {"O.16.1": "CTRL*"}],
         "record_results": [
          {"record": "M", "when": {"M.3": ["HISTOGRAM", "MATRIX"]}, "role": "attachment", "code": "M.5", "name": "M.3",
           "data": "M.6.2", "content_type": "application/zlib"}]}
        """#,
        "mindray-bs240": #"""
        {"specimen": ["O.4", "O.12.2"], "time": ["R.13", "R.12", "O.7"],
         "qc": [{"H.12": "QR"}],
         "record_results": [{"record": "O", "when": {"H.12": "QR"}, "code": "O.5.1", "name": "O.5.2", "value": "O.12.8",
          "time": "O.7", "qc": true}]}
        """#,
        "nihonkohden-celltac-mek1305": #"""
        {"specimen": "O.4", "unit": "R.5.1",
         "rows": [{"when": {"R.3.4": ["HIST_*", "SCAT_*"]}, "role": "attachment", "data": "R.4", "content_type": "image/bmp"}]}
        """#,
        "radiometer-abl80": #"{"specimen": ["O.3.1", "O.4.1"], "specimen_kind": {"constant": "number"}}"#,
        "radiometer-abl9": #"{"specimen": ["O.3.1", "O.4.1"], "specimen_kind": {"constant": "number"}}"#,
        "roche-cobas-c311": #"""
        {"specimen": ["O.3.2", "O.3.1"], "code": {"first": "R.3.*", "strip_suffix": "/"}, "none_times": ["0*"]}
        """#,
        "roche-urisys1100": #"{"specimen": "O.4.1", "code": "R.3.1", "name": "R.3.2"}"#,
        "sysmex-xn1000": #"""
        {"specimen": ["O.4.3", "O.3.3"], "specimen_kind": {"first": "O.4.4", "map": {"A": "number", "*": ""}},
         "qc": [{"O.4.3": ["BACKGROUNDCHECK", "QC-*"]}, {"O.12": "Q"}],
         "rows": [{"when": {"R.4": "PNG*"}, "role": "attachment"}, {"when": {"R.3.5": ["*\\?", "Positive_*"]}, "role": "info"}]}
        """#,
        "thermo-phadia-prime": #"{"value": "R.4.1", "name": "R.3.5", "none_times": ["18991230*"]}"#,
    ]
}
