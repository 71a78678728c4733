/// What is asked of whoever makes pictures (PS3.18 8.3.5, 10.4.1.1.3).
public struct RenderRequest: Sendable, Equatable {
    /// Formats of pictures.
    public enum Format: String, Sendable, CaseIterable {
        /// image/jpeg
        case jpeg
        /// image/png
        case png
        /// Media type.
        public var mediaType: String { "image/\(rawValue)" }
    }

    /// The file, absolute.
    public var path: String
    /// Number of the frame, from 1.
    public var frame: Int
    /// Pixels the picture has at most across; nil: as the image has.
    public var width: Int?
    /// Pixels the picture has at most down; nil: as the image has.
    public var height: Int?
    /// Format.
    public var format: Format
    /// Window centre and width (PS3.3 C.11.2); nil: as the image says.
    public var window: Window?

    /// A window.
    public struct Window: Sendable, Equatable {
        /// Centre.
        public var center: Double
        /// Width, positive.
        public var width: Double
        /// A window.
        public init(center: Double, width: Double) {
            self.center = center
            self.width = width
        }
    }

    /// A picture of a frame.
    public init(
        path: String, frame: Int = 1, width: Int? = nil, height: Int? = nil, format: Format = .jpeg,
        window: Window? = nil
    ) {
        self.path = path
        self.frame = frame
        self.width = width
        self.height = height
        self.format = format
        self.window = window
    }
}

/// A picture.
public struct RenderedPicture: Sendable, Equatable {
    /// Media type.
    public var contentType: String
    /// The picture.
    public var bytes: [UInt8]
    /// A picture from its parts.
    public init(contentType: String, bytes: [UInt8]) {
        self.contentType = contentType
        self.bytes = bytes
    }
}

/// A picture cannot be made.
public struct RenderFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Kinds.
    public enum Code: Sendable {
        /// This instance has no picture: no pixels, or a transfer syntax that is not known.
        case impossible
        /// Not now.
        case unavailable
    }
    /// Kind.
    public var code: Code
    /// Why.
    public var reason: String
    /// A fault from its parts.
    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
    /// Text for people.
    public var description: String { reason }
}

/// Makes a picture. Throws `RenderFault`.
public typealias PictureMaker = @Sendable (RenderRequest) async throws -> RenderedPicture
