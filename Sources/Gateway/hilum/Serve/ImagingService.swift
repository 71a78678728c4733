import Contracts
import DICOMWeb
import Delivery
import DeviceProfile
import DriverHost
import Glibc
import Imaging
import JSONText
import Logging
import Store

/// The imaging half of the gateway: the DICOM node, the process that sends images, DICOMweb. Nil where the site has no
/// `dicom:`.
///
/// What of it cannot be started is an alarm, not the end of the gateway: the laboratory's results must go on.
final class ImagingService: Sendable {
    let node: ImagingNode
    let sender = DICOMSenderService()
    private let configuration: GatewayConfiguration
    private let dicom: DICOMSettings
    private let drivers: DriverHost
    private let store: Store
    private let pictures: PictureService
    private let web: DICOMWebServer?
    private let log: Logger

    init?(
        _ configuration: GatewayConfiguration, library: ProfileLibrary, drivers: DriverHost, store: Store,
        clock: any Clock, log: Logger
    ) {
        guard let dicom = configuration.dicom, let settings = ImagingSettings(configuration, library: library) else {
            return nil
        }
        self.configuration = configuration
        self.dicom = dicom
        self.drivers = drivers
        self.store = store
        self.log = log
        node = ImagingNode(
            hosting: drivers, store: store, journal: store, alarms: store, clock: clock, settings: settings, log: log)
        let pictures = PictureService(drivers)
        self.pictures = pictures
        web = dicom.web.map { web in
            DICOMWebServer(
                settings: DICOMWebSettings(web), archive: store.reader, logger: log,
                render: { try await pictures.picture($0) })
        }
    }

    /// Starts the process that sends images, before the queues are opened.
    func startSender() async {
        guard configuration.destinations.contains(where: \.takesImages) else { return }
        await attempt("sender", "images are not sent") { [self] in
            let service = try await drivers.startService(
                driver: "dicom", name: "dicom-sender", options: senderOptions,
                onMessage: { [sender] in sender.receive($0) }, onRestart: { [sender] in sender.restarted($0) })
            sender.attach(service)
        }
    }

    /// Takes in what a crash left, opens the ports. Returns when associations are accepted, or it is known why not; after
    /// 5 s at most.
    func start() async {
        await attempt("node", "no association is accepted") { [node] in try await node.start() }
        for _ in 0..<500 where node.listening.count < dicom.listeners.count {
            try? await Task.sleep(for: .milliseconds(10))
        }
        guard let web else { return }
        await attempt("web", "DICOMweb does not answer") { [log] in
            try await web.start()
            log.notice("DICOMweb listening", metadata: ["port": "\(web.port ?? 0)"])
        }
    }

    /// Closes ports; associations under way are aborted, their senders come again.
    func stop() async {
        await web?.stop()
        await node.stop()
        await pictures.stop()
    }

    /// Takes up changed profiles.
    func update(_ library: ProfileLibrary) {
        if let settings = ImagingSettings(configuration, library: library) { node.update(settings) }
    }

    private func attempt(_ kind: String, _ consequence: String, _ work: @Sendable () async throws -> Void) async {
        do {
            try await work()
            store.clear(subject: "dicom", kind: kind, text: "it runs")
        } catch {
            store.raise(subject: "dicom", kind: kind, text: "\(consequence): \(error)")
        }
    }

    private var senderOptions: [UInt8] {
        var options: JSONObject = [
            "role": .string("sender"), "ae_title": .string(dicom.title), "max_pdu": .number(dicom.largestPDU),
        ]
        if let tls = dicom.tlsForCalling {
            var object: JSONObject = ["profile": .string(tls.profile.rawValue)]
            for (key, path) in [
                ("certificate", tls.certificate), ("key", tls.key), ("authorities", tls.authority),
            ] where !path.isEmpty { object[key] = .string(path) }
            options["tls"] = .object(object)
        }
        return JSONValue.object(options).serialized()
    }
}

extension DICOMWebSettings {
    fileprivate init(_ web: DICOMSettings.Web) {
        self.init(port: web.port, address: web.address)
        publicURL = web.url
        if !web.certificate.isEmpty {
            tls = TLS(certificate: web.certificate, privateKey: web.key, clientAuthorities: web.authority)
        }
        switch web.token {
        case .file(let path): tokenFile = path
        case .environment(let name): tokens = getenv(name).map { [String(cString: $0)] } ?? []
        case nil: break
        }
    }
}
