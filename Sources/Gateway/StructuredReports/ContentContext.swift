import DICOM
import ResultModel

/// What holds for everything below a node: said by its observation and acquisition context and by the modifiers of its name
/// (PS3.3 C.17.3.2.4, C.17.5).
struct ContentContext {
    var bodySite: CodedConcept?
    var laterality: CodedConcept?
    var method: CodedConcept?
    /// Name and value of further modifiers.
    var qualifiers: [(name: CodedConcept, value: CodedConcept)] = []
    /// Titles of the containers, root excluded.
    var group: [String] = []
    /// What tells this group from others of its kind, stable over versions of the document.
    var keys: [String] = []
    var trackingID = ""
    var trackingUID = ""
    var person = ""
    var device = ""
    /// ISO 8601, with zone where one was sent.
    var started = ""
    var images: [String] = []
    var isIrradiationEvent = false
    /// Words that identify a container, for its title.
    private(set) var identity = ""
    /// Keys of what was said by `apply`, in order.
    private(set) var said: [String] = []

    /// The context below a container.
    func below(_ container: ContentItem, _ kind: DocumentKind, isRoot: Bool) -> ContentContext {
        var below = self
        below.identity = ""
        below.said = []
        let isGroup = ContentContext.isMeasurementGroup(container)
        for child in container.children
        where ContentContext.isContext(child, kind, isRoot: isRoot) || isGroup && child.named(.finding) {
            below.apply(child)
        }
        for child in container.children(.contains) { below.addImage(child) }
        if container.named(Concept.irradiationEvents) { below.isIrradiationEvent = true }
        if isRoot { return below }
        let title = container.name?.words ?? ""
        below.group.append(
            below.identity.isEmpty ? title : title.isEmpty ? below.identity : "\(title) (\(below.identity))")
        // A group without a name of its own is known by what it measures first; a part of what has a unique identifier is
        // known by that.
        var said = below.said
        let isPart = !trackingUID.isEmpty && below.trackingUID == trackingUID
        if isPart, kind == .doseReport || said.isEmpty { return below }
        if said.isEmpty {
            let first = container.children.first { if case .number = $0.value { true } else { false } }
            said = [first?.name?.key ?? ""]
        }
        below.keys.append(([container.name?.key ?? ""] + said).joined(separator: "\u{1}"))
        return below
    }

    /// Bytes of a text that is a word on a number rather than a text of its own.
    private static let longestQualifier = 64

    /// True for a child of a container that says something about its neighbours.
    static func isContext(_ item: ContentItem, _ kind: DocumentKind, isRoot: Bool) -> Bool {
        switch item.relationship {
        case .hasObsContext, .hasConceptMod, .hasAcqContext: return !item.isContainer
        case .contains, nil:
            if item.named(Concept.identities) || item.named(Concept.started) { return true }
            // Dose: phantom, region, agent, route stand beside the numbers that they qualify.
            guard kind == .doseReport, !isRoot else { return false }
            switch item.value {
            case .code: return true
            case .text(let text): return !item.named(.comment) && text.utf8.count <= longestQualifier
            default: return false
            }
        default: return false
        }
    }

    /// One finding and what was measured of it (TID 1410, 1411, 1501): the finding says what the numbers are of.
    private static func isMeasurementGroup(_ container: ContentItem) -> Bool {
        let parts = container.children(.contains)
        let hasNumber = parts.contains { if case .number = $0.value { true } else { false } }
        return hasNumber && parts.count { $0.named(.finding) } == 1
    }

    /// Takes in one modifier or piece of context.
    mutating func apply(_ item: ContentItem) {
        guard let name = item.name, !name.isAny(Concept.aboutTheDocument) else { return }
        if name.isAny(Concept.observers) { return applyObserver(item, name) }
        if name.isAny(Concept.started) {
            if case .time(let time) = item.value, !time.isEmpty { started = time }
            return
        }
        var word: CodedConcept?
        switch item.value {
        case .code(let code): word = code
        case .text(let text): word = text.isEmpty ? nil : CodedConcept("", text)
        case .uid(let uid): word = uid.isEmpty ? nil : CodedConcept("", uid)
        case .number(let number):
            if let plain = MeasuredNumber.plain(number.text) {
                word = CodedConcept(
                    "", [plain, number.unit?.value ?? ""].filter { !$0.isEmpty }.joined(separator: " "))
            }
        case .time(let time): word = time.isEmpty ? nil : CodedConcept("", time)
        case .person(let person):
            let text = ContentContext.words(person)
            word = text.isEmpty ? nil : CodedConcept("", text)
        default: break
        }
        guard let word else { return }
        said.append(name.key + "\u{2}" + word.key)
        if name.is(.findingSite) || name.is(.targetRegion) {
            bodySite = word
        } else if name.is(.laterality) {
            laterality = word
        } else if name.is(.method) {
            method = word
        } else if name.isAny(Concept.identities) {
            applyIdentity(name, word)
        } else {
            qualifiers.append((name, word))
        }
        // Side and part of a site, radionuclide of an agent and its half life.
        for child in item.children {
            switch child.value {
            case .code, .number: apply(child)
            default: break
            }
        }
    }

    private mutating func applyIdentity(_ name: CodedConcept, _ word: CodedConcept) {
        if name.is(.trackingIdentifier) || name.is(.lesionIdentifier) {
            trackingID = word.value
        } else if name.is(.trackingUniqueIdentifier) || name.is(.irradiationEventUID)
            || name.is(.administrationEventUID)
        {
            trackingUID = word.value
            return
        }
        identity = identity.isEmpty ? word.words : identity + ", " + word.words
    }

    private mutating func applyObserver(_ item: ContentItem, _ name: CodedConcept) {
        if name.is(.personObserverName), case .person(let person) = item.value {
            self.person = ContentContext.words(person)
        }
        if name.is(.deviceObserverName), case .text(let text) = item.value { device = text }
    }

    /// Takes in the image that an item is, or that a region of interest below it was drawn on.
    mutating func addImage(_ item: ContentItem) {
        switch item.value {
        case .instance(let uid, let frames):
            let text = frames.isEmpty ? uid : uid + "#" + frames.map(String.init).joined(separator: ",")
            if !images.contains(text) { images.append(text) }
        case .other: for child in item.children { addImage(child) }
        default: break
        }
    }

    /// Given and family name, in ideographs where the name has them.
    static func words(_ name: PersonName) -> String {
        let group = name.preferred
        if group == name.ideographic, !group.isEmpty { return group.family + group.given }
        return [group.prefix, group.given, group.middle, group.family].filter { !$0.isEmpty }.joined(separator: " ")
    }
}
