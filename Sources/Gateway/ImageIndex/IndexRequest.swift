import DICOM

/// What `hilum index` is asked for.
public struct IndexRequest: Sendable {
    /// Where file names come from.
    public enum Source: Sendable, Hashable {
        /// A file, a folder with all below it, or a zip file.
        case path(String)
        /// Paths from a descriptor, each ended by a line feed or by NUL; each as `path`.
        case list(descriptor: Int32)
    }

    /// What one row stands for.
    public enum Unit: String, Sendable, Hashable, CaseIterable {
        /// An instance: a file.
        case instance
        /// A frame: position, orientation, timing of each frame of a multi-frame image; other images have one frame.
        case frame
    }

    /// Form of the rows.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// One JSON object a line, columns by keyword, values as text.
        case ndjson
        /// One object of the DICOM JSON model (PS3.18 F) a line.
        case dicomJSON = "dicom-json"
        /// RFC 4180; cells that a spreadsheet would run as a formula are defused.
        case csv
        /// Tabs between cells; tab, line feed, carriage return and backslash within a cell as `\t \n \r \\`.
        case tsv
        /// Patients, studies, series, instances in tables with indexes.
        case sqlite
    }

    /// What to read.
    public var sources: [Source]
    /// One row for each of these.
    public var unit = Unit.instance
    /// Columns behind the forty (`IndexColumns.standard`).
    public var columns = IndexColumns.standard
    /// How to write.
    public var format = Format.ndjson
    /// Where to; `-` is standard output (not for `sqlite`).
    public var output: String
    /// Where what could not be read is written as CSV (path, offset, reason); nil: nowhere.
    public var errors: String?
    /// By what text is read.
    public var characterSet = CharacterSetChoice.detect
    /// Threads; at least 1.
    public var jobs = 1
    /// Take what is unchanged from the output of an earlier run of the same request, whose state lies beside it
    /// (`OUTPUT.state`).
    public var resumes = false
    /// Only files changed at or after this instant, in seconds since 1970; nil: all.
    public var since: Int64?
    /// Read through io_uring where the kernel has it.
    public var usesRing = true

    /// A request with the usual settings.
    public init(sources: [Source], output: String) {
        self.sources = sources
        self.output = output
    }
}
