/// A database that an index was written to.
public enum IndexDatabase {
    /// Columns behind the standard ones that a database has; none where there is no file. Whoever writes into it should ask
    /// for them too, or they stay empty.
    ///
    /// - Throws: when the file is no index, or cannot be read.
    public static func columns(at path: String) throws(IndexFault) -> [String] {
        do throws(SQLiteRefusal) { return try SQLiteOpening.extras(path: path) } catch { throw error.fault(path) }
    }
}
