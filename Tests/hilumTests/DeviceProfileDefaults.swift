import DeviceProfile

/// Link defaults as a profile gives them.
enum DeviceProfileDefaults {
    static func serial(baud: Int, dataBits: Int) -> LinkDefaults {
        var serial = LinkDefaults.Serial()
        serial.baud = baud
        serial.dataBits = dataBits
        var defaults = LinkDefaults()
        defaults.serial = serial
        return defaults
    }
}
