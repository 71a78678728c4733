import Delivery

extension FHIRMappingSpec {
    /// Reads how reports become resources: keys of `fhir:` and of `folder: {format: fhir}`.
    static func read(_ entry: inout YAMLMapping) -> FHIRMappingSpec {
        var spec = FHIRMappingSpec()
        let presences: [Presence] = [.update, .create, .reference]
        spec.patient = entry.choice("patient", among: presences) ?? spec.patient
        spec.serviceRequest = entry.choice("service_request", among: presences) ?? spec.serviceRequest
        spec.specimen = entry.choice("specimen", among: presences) ?? spec.specimen
        spec.device = entry.choice("device", among: presences) ?? spec.device
        spec.imagingStudy = entry.choice("imaging_study", among: presences) ?? spec.imagingStudy
        spec.endpoint = entry.choice("endpoint", among: presences) ?? spec.endpoint
        spec.mostInstances = entry.integer("most_instances", in: 0...100_000) ?? spec.mostInstances
        spec.provenance = entry.choice("provenance", among: [.update, .create, .none]) ?? spec.provenance
        spec.sendsAttachments = entry.flag("attachments") ?? spec.sendsAttachments
        spec.sendsRawRows = entry.flag("raw_rows") ?? spec.sendsRawRows
        _ = entry.map("systems") { systems -> Bool? in
            uri(&systems, "patient", &spec.systems.patient)
            uri(&systems, "specimen", &spec.systems.specimen)
            uri(&systems, "placer_order", &spec.systems.placerOrder)
            uri(&systems, "filler_order", &spec.systems.fillerOrder)
            uri(&systems, "device", &spec.systems.device)
            uri(&systems, "result", &spec.systems.result)
            uri(&systems, "local_code", &spec.systems.localCode)
            uri(&systems, "device_code", &spec.systems.deviceCode)
            uri(&systems, "gateway", &spec.systems.gateway)
            uri(&systems, "accession", &spec.systems.accession)
            uri(&systems, "endpoint", &spec.systems.endpoint)
            return true
        }
        return spec
    }

    private static func uri(_ systems: inout YAMLMapping, _ key: String, _ value: inout String) {
        guard let text = systems.text(key) else { return }
        if !text.contains(":") || text.contains(where: \.isWhitespace) {
            systems.fault(key, "\"\(text)\" is no URI", cure: "write for instance https://hospital.example/id/\(key)")
        }
        value = text
    }
}
