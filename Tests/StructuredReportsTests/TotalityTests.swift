import DICOM
import ResultModel
import Testing

@testable import StructuredReports

@Suite("Whatever comes")
struct TotalityTests {
    @Test("Changed bytes of every sample give a report or are refused by the codec", arguments: Sample.names)
    func mutations(name: String) throws {
        let bytes = try Sample.bytes(name)
        var random = Seeded(state: UInt64(bytes.count))
        var read = 0
        for _ in 0..<150 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: 132..<changed.count, using: &random)
                changed[place] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) {
                changed.removeLast(Int.random(in: 0..<changed.count / 2, using: &random))
            }
            guard let file = try? DICOMFile.read(changed) else { continue }
            read += 1
            let report = Sample.report([StudyDocument(dataSet: file.dataSet)])
            #expect(report.observations.count >= 3)
        }
        #expect(read > 50)
    }

    @Test("Text of a report is never lost between data set and rows")
    func everyText() throws {
        // The words of the sample that nobody else has: each is in exactly one row.
        let report = Sample.report([try Sample.document("sr-chinese")])
        let texts = Sample.rows(report).map(\.asSent.value)
        #expect(texts == ["左肺上叶见一结节，直径约㐂5mm。", "建议三个月后复查。"])
        #expect(report.comments.first?.hasPrefix("影像诊断报告") == true)
    }
}
