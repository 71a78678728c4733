import ABXDriver
import CoulterTextDriver
import DriverKit
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
