/// Concepts with a part to play in more than one template (PS3.16 annex D and the templates named).
extension Concept {
    // What a measurement is of, and how (TID 300).
    static let findingSite = Concept("SCT", "363698007")
    static let laterality = Concept("SCT", "272741003")
    static let method = Concept("SCT", "370129005")
    static let targetRegion = Concept("DCM", "123014")
    static let finding = Concept("DCM", "121071")
    static let comment = Concept("DCM", "121106")

    // Names of what is measured (TID 1501).
    static let trackingIdentifier = Concept("DCM", "112039")
    static let trackingUniqueIdentifier = Concept("DCM", "112040")

    // What tells one subject or event from another of its kind.
    static let fetusID = Concept("LN", "11951-1")
    static let subjectID = Concept("DCM", "121030")
    static let fetusNumber = Concept("DCM", "121037")
    static let lesionIdentifier = Concept("DCM", "121151")
    static let identifier = Concept("DCM", "125010")
    static let irradiationEventUID = Concept("DCM", "113769")
    static let administrationEventUID = Concept("DCM", "113503")
    static let acquisitionProtocol = Concept("DCM", "125203")
    static let identities: Set<Concept> = [
        trackingIdentifier, trackingUniqueIdentifier, fetusID, subjectID, fetusNumber, lesionIdentifier, identifier,
        irradiationEventUID, administrationEventUID, acquisitionProtocol,
    ]

    // The document as a whole (TID 1001, 1204).
    static let language = Concept("DCM", "121049")
    static let aboutTheDocument: Set<Concept> = [
        language, Concept("DCM", "121046"), Concept("DCM", "121050"), Concept("DCM", "121058"),
        Concept("DCM", "121018"), Concept("DCM", "121019"), Concept("DCM", "121023"), Concept("SCT", "363703001"),
        // Of dose reports: scope of accumulation, source of the information, end of the irradiation, whether there are data
        // of detector, source and mechanics.
        Concept("DCM", "113705"), Concept("DCM", "113854"), Concept("DCM", "113810"), Concept("DCM", "113943"),
        Concept("DCM", "113944"), Concept("DCM", "113945"),
    ]

    // Who observed (TID 1002 to 1004).
    static let observerType = Concept("DCM", "121005")
    static let personObserverName = Concept("DCM", "121008")
    static let deviceObserverName = Concept("DCM", "121013")
    static let observers: Set<Concept> = [
        observerType, personObserverName, deviceObserverName, Concept("DCM", "121009"), Concept("DCM", "121010"),
        Concept("DCM", "121011"), Concept("DCM", "121012"), Concept("DCM", "121014"), Concept("DCM", "121015"),
        Concept("DCM", "121016"), Concept("DCM", "121017"), Concept("DCM", "113876"), Concept("DCM", "113877"),
    ]

    // When (TID 10003, 10012, 10022).
    static let started: Set<Concept> = [
        Concept("DCM", "111526"), Concept("DCM", "113809"), Concept("DCM", "123003"),
    ]

    // Properties of a number (TID 310 to 312, CID 222, 223).
    static let normality = Concept("DCM", "121402")
    static let normalRangeLow = Concept("SCT", "385524004")
    static let normalRangeHigh = Concept("SCT", "371933006")

    // Containers.
    static let imageLibrary = Concept("DCM", "111028")
    static let irradiationEvents: Set<Concept> = [Concept("DCM", "113706"), Concept("DCM", "113819")]

    /// Of one irradiation event, what a chart keeps: CTDIvol, DLP, scanning length (TID 10013).
    static let doseOfAnEvent: Set<Concept> = [
        Concept("DCM", "113830"), Concept("DCM", "113838"), Concept("DCM", "113825"),
    ]
    /// Of one irradiation event, what stands behind the totals: dose area product, dose at the reference point, average
    /// glandular dose, entrance exposure (TID 10003). All else are settings of the machine; there are thousands of them.
    static let partOfATotal: Set<Concept> = [
        Concept("DCM", "122130"), Concept("DCM", "113738"), Concept("DCM", "111631"), Concept("DCM", "111636"),
    ]

    /// Titles of dose reports: X-ray (TID 10001, 10011), radiopharmaceutical (TID 10021), patient (TID 10030). Devices made
    /// before there was a SOP class for them write them as Enhanced SR.
    static let doseReports: Set<Concept> = [
        Concept("DCM", "113701"), Concept("DCM", "113500"), Concept("DCM", "128401"),
    ]

    // Key object selection (CID 7010, TID 2010).
    static let keyObjectDescription = Concept("DCM", "113012")
    /// Notes by which a modality takes images back (IHE RAD IOCM): nothing about the patient.
    static let rejections: Set<Concept> = [
        Concept("DCM", "113001"), Concept("DCM", "113037"), Concept("DCM", "113038"), Concept("DCM", "113039"),
    ]
}
