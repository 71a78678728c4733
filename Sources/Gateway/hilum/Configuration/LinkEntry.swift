import DeviceProfile
import Transport

/// `link:` of a device as written. What is not written comes from the profile.
enum LinkEntry: Sendable, Equatable {
    /// `tcp: {listen: …}`
    case listen(TCPListenSettings)
    /// `tcp: {connect: …}`
    case connect(TCPConnectSettings)
    /// `serial: {…}`
    case serial(SerialEntry)
    /// `folder: {…}`
    case folder(WatchedFolderSettings, hasPattern: Bool)
    /// `dicom: {…}`
    case dicom(DICOMLink)

    /// A serial line; nil: as the profile says.
    struct SerialEntry: Sendable, Equatable {
        var path: String
        var baud: Int?
        var dataBits: Int?
        var parity: SerialSettings.Parity?
        var stopBits: Int?
        var flow: SerialSettings.FlowControl?
        var dtr: Bool?
        var rts: Bool?
    }

    /// The link of a device with the profile's usual settings filled in; nil where the device is no link of the transport: the
    /// DICOM driver owns the associations.
    func spec(device: String, defaults: LinkDefaults) -> DeviceLinkSpec? {
        switch self {
        case .dicom: return nil
        case .listen(let settings): return DeviceLinkSpec(device: device, way: .listen(settings))
        case .connect(let settings): return DeviceLinkSpec(device: device, way: .connect(settings))
        case .folder(var settings, let hasPattern):
            if !hasPattern, let usual = defaults.folder { settings.pattern = usual.pattern }
            return DeviceLinkSpec(device: device, way: .folder(settings))
        case .serial(let entry):
            let usual = defaults.serial ?? LinkDefaults.Serial()
            let settings = SerialSettings(
                path: entry.path, baud: entry.baud ?? usual.baud, dataBits: entry.dataBits ?? usual.dataBits,
                parity: entry.parity ?? SerialSettings.Parity(rawValue: usual.parity.rawValue) ?? .none,
                stopBits: entry.stopBits ?? usual.stopBits,
                flow: entry.flow ?? SerialSettings.FlowControl(rawValue: usual.flow.rawValue) ?? .none,
                dtr: entry.dtr ?? true, rts: entry.rts ?? true)
            return DeviceLinkSpec(device: device, way: .serial(settings))
        }
    }

    /// The device as DICOM application; nil: it is none.
    var dicom: DICOMLink? { if case .dicom(let link) = self { link } else { nil } }

    /// For people: `tcp 0.0.0.0:5000`, `DICOM CT1 from 10.20.30.9`.
    func summary(device: String) -> String {
        dicom?.summary ?? spec(device: device, defaults: LinkDefaults())?.summary ?? ""
    }
}
