import ImagingModel
import JSONText

/// Options of the `dicom` driver (Sources/Drivers/dicom/README.md).
enum DriverOptions {
    static func node(_ settings: ImagingSettings) -> JSONValue {
        var options: JSONObject = [:]
        options["role"] = .string("node")
        options["ae_title"] = .string(settings.title)
        options["incoming"] = .string(settings.folder + "/incoming")
        options["images"] = .string(settings.folder)
        options["listen"] = .array(settings.listeners.map(listener))
        options["max_pdu"] = .number(settings.largestPDU)
        options["associations"] = .number(settings.associations)
        options["idle_seconds"] = .number(settings.idleSeconds)
        options["request_seconds"] = .number(settings.requestSeconds)
        options["answer_seconds"] = .number(settings.answerSeconds)
        options["largest_instance"] = .number(settings.largestInstance)
        options["any_called"] = .bool(settings.takesAnyTitle)
        if let tls = settings.callingTLS { options["tls"] = self.tls(tls) }
        options["peers"] = .array(settings.devices.flatMap(peers))
        return .object(options)
    }

    private static func listener(_ listener: ImagingSettings.Listener) -> JSONValue {
        var object: JSONObject = ["address": .string(listener.address), "port": .number(listener.port)]
        if let tls = listener.tls { object["tls"] = self.tls(tls) }
        return .object(object)
    }

    static func tls(_ tls: ImagingSettings.TLS) -> JSONValue {
        var object: JSONObject = ["certificate": .string(tls.certificate), "key": .string(tls.key)]
        if !tls.authorities.isEmpty { object["authorities"] = .string(tls.authorities) }
        object["clients"] = .string(tls.clients)
        object["profile"] = .string(tls.profile)
        return .object(object)
    }

    /// A device with several addresses is several peers of one name.
    private static func peers(_ device: ImagingDevice) -> [JSONValue] {
        (device.addresses.isEmpty ? [""] : device.addresses).map { address in
            .object([
                "device": .string(device.id), "ae": .string(device.title), "address": .string(address),
                "called": .string(device.called), "associations": .number(device.associations),
                "may": .strings(device.may),
            ])
        }
    }
}
