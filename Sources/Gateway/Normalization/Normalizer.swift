import DriverWire
import ResultModel

/// Turns what a device said into reports: a pure function of message, profile and context.
public enum Normalizer {
    /// Normalises one message.
    ///
    /// Never fails: what is not understood is kept as text, shown as not mapped, or held with a reason.
    public static func normalize(
        _ message: DeviceMessage, profile: CompiledProfile, context: NormalizationContext
    ) -> NormalizedMessage {
        var work = MessageNormalizer(message: message, profile: profile, context: context)
        return work.run()
    }
}
