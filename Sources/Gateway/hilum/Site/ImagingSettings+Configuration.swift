import DeviceProfile
import Foundation
import Imaging
import ImagingModel
import ResultModel
import Synchronization

extension ImagingSettings {
    /// What the imaging node needs, from hilum.yaml and the profiles of its modalities; nil: the site has no `dicom:`.
    init?(_ configuration: GatewayConfiguration, library: ProfileLibrary) {
        guard let dicom = configuration.dicom else { return nil }
        let kinds = Dictionary(
            configuration.devices.map {
                ($0.id, library[$0.profile]?.resolved(variant: $0.variant ?? "")?.kind.rawValue ?? "")
            },
            uniquingKeysWith: { first, _ in first })
        let routes = ImagingRoutes(configuration, kinds: kinds)
        self.init(
            folder: URL(filePath: dicom.folder).standardizedFileURL.path,
            forward: { routes.forward($0, device: $1, calling: $2) }, report: { routes.report($0, $1) })
        title = dicom.title
        listeners = dicom.listeners.map { listener in
            Listener(address: listener.address, port: listener.port, tls: listener.tls.map { TLS($0) })
        }
        largestPDU = dicom.largestPDU
        associations = dicom.associations
        idleSeconds = dicom.idleTimeout.wholeSeconds
        requestSeconds = dicom.requestTimeout.wholeSeconds
        answerSeconds = dicom.answerTimeout.wholeSeconds
        largestInstance = dicom.largestInstance
        takesAnyTitle = dicom.takesAnyTitle
        quietSeconds = dicom.completion.quiet.wholeSeconds
        afterStepSeconds = dicom.completion.afterStep.wholeSeconds
        duplicateStatus = dicom.duplicates == .refuse ? Self.duplicateRefused : 0x0000
        commitmentWaitsFor = dicom.commitmentWaitsFor
        moveDestinations = dicom.moveDestinations.map { place in
            MoveDestination(title: place.title, host: place.host, port: place.port, usesTLS: place.isSecure)
        }
        // A document that names no zone was written at the site.
        documents.zone = SystemZone(configuration.site.timezone)
        documents.trustsUnverified = dicom.documents.unverified == .final
        if let largest = dicom.documents.largest { documents.largestDocument = largest }
        callingTLS = dicom.tlsForCalling.map { tls in
            TLS(
                certificate: tls.certificate, key: tls.key, authorities: tls.authority, clients: "none",
                profile: tls.profile.rawValue)
        }
        endpoints =
            dicom.webURL.map { [ImagingStudy.Endpoint(id: "dicom-web", kind: "dicom-wado-rs", address: $0)] } ?? []
        devices = configuration.devices.filter(\.isEnabled).compactMap { ImagingDevice($0, library: library) }
    }

    /// PS3.7 C.5.9, duplicate SOP Instance.
    private static let duplicateRefused: UInt16 = 0x0111
}

extension ImagingSettings.TLS {
    fileprivate init(_ tls: DICOMSettings.ListenerTLS) {
        self.init(
            certificate: tls.certificate, key: tls.key, authorities: tls.authority, clients: tls.clients.rawValue,
            profile: tls.profile.rawValue)
    }
}

extension ImagingDevice {
    /// A modality of the site; nil where the device is none, or its profile is not there.
    init?(_ entry: DeviceEntry, library: ProfileLibrary) {
        guard let link = entry.link.dicom, let profile = library[entry.profile]?.resolved(variant: entry.variant ?? "")
        else { return nil }
        let usual = profile.link.dicom ?? LinkDefaults.DICOM()
        self.init(id: entry.id)
        self.profile = profile.id
        profileRevision = profile.revision
        title = link.title
        // `any` is said by no address at all.
        addresses = link.peers.contains(.any) ? [] : link.peers.map(\.description)
        called = link.called
        associations = link.associations ?? usual.associations ?? DICOMLink.usualAssociations
        may = (link.may ?? usual.may ?? DICOMLink.usualServices).map(\.rawValue)
        host = link.host
        port = link.port ?? 0
        usesTLS = link.isSecure
        rules = ModalityRules(profile.imaging)
    }
}

/// The site's routes as the imaging node asks for them.
struct ImagingRoutes: Sendable {
    private let configuration: GatewayConfiguration
    /// Kind of device by id.
    private let kinds: [String: String]
    /// Archives that are asked for commitment.
    private let committing: Set<String>
    /// Every archive, where there are no routes: asked for with every image.
    private let all: [ImageRoute]?
    private let answers = Answers()

    /// What was answered: the images of a series all ask the same. Goes with the configuration.
    private final class Answers: Sendable {
        struct Question: Hashable {
            var subject: ImagingSubject
            var device: String
        }

        /// Series come and go; these are more than come at a time.
        private static let most = 512
        private let known = Mutex<[Question: [ImageRoute]]>([:])

        func answer(_ question: Question, _ find: () -> [ImageRoute]) -> [ImageRoute] {
            if let routes = known.withLock({ $0[question] }) { return routes }
            let routes = find()
            known.withLock { known in
                if known.count >= Self.most { known.removeAll(keepingCapacity: true) }
                known[question] = routes
            }
            return routes
        }
    }

    init(_ configuration: GatewayConfiguration, kinds: [String: String]) {
        self.configuration = configuration
        self.kinds = kinds
        let committing = Set(configuration.destinations.filter(\.asksForCommitment).map(\.id))
        self.committing = committing
        all =
            configuration.routes == nil
            ? configuration.destinations.filter(\.takesImages).map {
                ImageRoute(destination: $0.id, asksCommitment: committing.contains($0.id))
            } : nil
    }

    /// Archives of an image.
    func forward(_ image: ImageInstance, device: String, calling: String) -> [ImageRoute] {
        if let all { return all }
        let subject = ImagingSubject(
            modality: image.series.modality, descriptions: [image.study.description, image.series.description],
            bodyPart: image.series.bodyPart, calling: calling)
        return answers.answer(Answers.Question(subject: subject, device: device)) {
            configuration.imageDestinations(device: device, kind: kinds[device] ?? "", subject: subject)
                .map { ImageRoute(destination: $0, asksCommitment: committing.contains($0)) }
        }
    }

    /// Destinations that are told of a study.
    func report(_ study: ArchivedStudy, _ series: [ArchivedSeries]) -> [String] {
        let subjects = series.map { series in
            ImagingSubject(
                modality: series.series.modality, descriptions: [study.study.description, series.series.description],
                bodyPart: series.series.bodyPart, calling: study.callingAE)
        }
        return configuration.studyDestinations(
            device: study.device, kind: kinds[study.device] ?? "", subjects: subjects)
    }
}

extension Duration {
    /// Seconds, rounded up: a limit is never shorter than it was written.
    fileprivate var wholeSeconds: Int { Int((milliseconds + 999) / 1000) }
}
