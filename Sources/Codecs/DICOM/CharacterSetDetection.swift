extension DataSet {
    func detectCharacterSet() -> CharacterSetFinding? { nil }
}
