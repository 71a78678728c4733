/// Kinds of message that the driver process itself sends or takes; a module's own kinds never begin with `host-`.
public enum ServiceHostKind {
    /// To the process, first: the body is the options.
    public static let start = "host-start"
    /// From the process: the service runs (`name` and `version` of the module).
    public static let started = "host-started"
    /// From the process, which ends then: `what` (module, options) cannot be used for this `reason`.
    public static let refused = "host-refused"
}
