import DriverKit
import JSONText
import SerialBlocks

/// A table of columns that a profile describes itself.
extension ColumnTable {
    init(options json: JSONValue) throws(OptionsFault) {
        self.init()
        var reader = try OptionReader(json, name: "options.columns")
        for var mark in try reader.objects("marks") ?? [] {
            guard let at = try mark.count("at", 0...Column.most), let text = try mark.text("text"), !text.isEmpty else {
                throw OptionsFault("\(mark.name): write {at: …, text: …}")
            }
            marks.append((at, text))
            try mark.finish()
        }
        exactly = try reader.count("length", 1...Column.most)
        shortest = try reader.count("shortest", 0...Column.most) ?? 0
        if let column = try reader.column("specimen") { specimen = [column] }
        number = try reader.column("number")
        patient = try reader.column("patient")
        rack = try reader.column("rack")
        position = try reader.column("position")
        date = try reader.column("date")
        time = try reader.column("time")
        if let value = reader.value("control") {
            var control = try OptionReader(value, name: "options.columns.control")
            guard let column = try control.column("at"), let texts = try control.texts("texts"), !texts.isEmpty else {
                throw OptionsFault("options.columns.control: write {at: [offset, length], texts: […]}")
            }
            controlID = (column, texts)
            try control.finish()
        }
        for var field in try reader.objects("fields") ?? [] {
            guard let code = try field.text("code"), !code.isEmpty, let value = try field.column("value") else {
                throw OptionsFault("\(field.name): write {code: …, value: [offset, length]}")
            }
            fields.append(Field(code: code, value: value, unit: try field.text("unit")))
            try field.finish()
        }
        if let value = reader.value("groups") { group = try ColumnTable.group(value) }
        goodStatuses = try reader.texts("good_statuses")
        try reader.finish()
        if specimen.isEmpty, number == nil { throw OptionsFault("options.columns.specimen: write [offset, length]") }
        if fields.isEmpty, group == nil { throw OptionsFault("options.columns: write fields or groups") }
    }

    private static func group(_ json: JSONValue) throws(OptionsFault) -> Group {
        var reader = try OptionReader(json, name: "options.columns.groups")
        guard let at = try reader.count("at", 0...Column.most), let length = try reader.count("length", 1...1024),
            let code = try reader.column("code"), let value = try reader.column("value")
        else { throw OptionsFault("options.columns.groups: write at, length, code and value at least") }
        let group = Group(
            at: at, length: length, most: try reader.count("most", 1...1000) ?? 1000, code: code, value: value,
            unit: try reader.column("unit"), flag: try reader.column("flag"), status: try reader.column("status"),
            endsAtBlank: true)
        try reader.finish()
        for column in [code, value, group.unit, group.flag, group.status].compactMap({ $0 }) where column.end > length {
            throw OptionsFault(
                "options.columns.groups: [\(column.at), \(column.length)] is not within a group of \(length) characters"
            )
        }
        return group
    }
}
