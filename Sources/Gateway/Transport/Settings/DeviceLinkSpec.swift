/// How one device is reached: an entry of `devices:` in hilum.yaml, as far as Transport is concerned.
public struct DeviceLinkSpec: Sendable, Equatable {
    /// The ways to reach a device.
    public enum Way: Sendable, Equatable {
        /// The device dials the gateway.
        case listen(TCPListenSettings)
        /// The gateway dials the device.
        case connect(TCPConnectSettings)
        /// A serial line.
        case serial(SerialSettings)
        /// The device, or its software, writes files into a folder.
        case folder(WatchedFolderSettings)
    }
    /// Id of the device in hilum.yaml.
    public var device: String
    /// How it is reached.
    public var way: Way

    /// A spec from its parts.
    public init(device: String, way: Way) {
        self.device = device
        self.way = way
    }

    /// The way in words, for lists: `listens on 0.0.0.0:5000 for 10.0.0.7`, `/dev/ttyUSB0 9600 8N1`.
    public var summary: String {
        switch way {
        case .listen(let settings):
            let peers = settings.peers.map(\.description).joined(separator: ", ")
            return "listens on \(settings.place) for \(peers.isEmpty ? "loopback peers" : peers)"
        case .connect(let settings): return "connects to \(settings.place)"
        case .serial(let settings): return settings.summary
        case .folder(let settings): return "watches \(settings.path) for \(settings.pattern)"
        }
    }
}
