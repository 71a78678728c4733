import ABXDriver
import CoulterTextDriver
import DriverKit
import FixedTextDriver
import SysmexD1Driver

func fuzzSysmexD1(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(
        SysmexD1Driver.self,
        [
            "{}", #"{"date": "dmy", "differential": "sizes", "answers": "none"}"#, #"{"format": "d1u-long"}"#,
            #"{"format": "ca"}"#, #"{"format": "ca-narrow", "answers": "ack", "repeat_s": 0}"#,
        ], bytes)
}

func fuzzCoulterText(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(
        CoulterTextDriver.self,
        [
            "{}", #"{"answers": "none", "codes": ["RET%"]}"#, #"{"format": "report"}"#,
            #"{"format": "report", "answers": "ack"}"#,
        ],
        bytes)
}

func fuzzABX(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(
        ABXDriver.self,
        ["{}", #"{"check": "ignored", "length": "ignored"}"#, #"{"answers": "ack-nak", "repeat_s": 0}"#],
        bytes)
}

func fuzzFixedText(_ bytes: UnsafeRawBufferPointer) {
    let own = #"""
        {"format": "columns", "check": "xor", "columns": {"specimen": [0, 4], "fields": [{"code": "A", "value": [4, 3]}],
         "groups": {"at": 7, "length": 4, "code": [0, 1], "value": [1, 3]}}}
        """#
    fuzzStreamDriver(
        FixedTextDriver.self,
        [
            #"{"format": "orders"}"#, #"{"format": "electrolytes"}"#, #"{"format": "counter", "check": "none"}"#,
            #"{"format": "fractions"}"#, #"{"format": "lines"}"#, own,
        ], bytes)
}
