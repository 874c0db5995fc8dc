import Model

/// What an expression may know of the world besides its variables.
///
/// Expressions are pure: the time, random numbers and time zones are handed in, so that the same event gives the same
/// result on every replica.
package struct ExpressionContext: Sendable {
    /// The time that `now()` gives; without it, asking for the time is an error.
    package var now: Instant?
    /// The seed of all random functions; without it, they are errors.
    package var seed: UInt64?
    /// The offset east of UTC and the short name of a time zone at a moment (seconds since 1970).
    ///
    /// It is `nil` where no such zone is known. `UTC` needs no answer.
    package var zone: @Sendable (_ name: String, _ seconds: Int) -> (offset: Int, abbreviation: String)?
    package var limits: ExpressionLimits

    package init(
        now: Instant? = nil, seed: UInt64? = nil, limits: ExpressionLimits = .standard,
        zone: @escaping @Sendable (_ name: String, _ seconds: Int) -> (offset: Int, abbreviation: String)? = {
            _, _ in nil
        }
    ) {
        self.now = now
        self.seed = seed
        self.limits = limits
        self.zone = zone
    }

    /// The time in another zone.
    ///
    /// - Throws: `ValueFailure` where the zone is not known.
    func time(_ instant: Instant, in name: TimeZoneName) throws(ValueFailure) -> Instant {
        let place = try self.offset(of: name, at: instant.seconds)
        return Instant(
            seconds: instant.seconds, nanoseconds: instant.nanoseconds, offset: place.offset,
            zone: place.abbreviation)
    }

    func offset(of name: TimeZoneName, at seconds: Int) throws(ValueFailure) -> (offset: Int, abbreviation: String) {
        if name.name == "UTC" || name.name.isEmpty { return (0, "UTC") }
        if let place = self.zone(name.name, seconds) { return place }
        if name.name == "Local" { return (0, "UTC") }
        throw ValueFailure("unknown time zone \(name.name)")
    }

    /// The offset of a zone at a local time.
    func offset(of name: TimeZoneName, local civil: CivilTime) throws(ValueFailure) -> (offset: Int, zone: String) {
        let guess = Instant(civil: civil, offset: 0, zone: "").seconds
        let first = try self.offset(of: name, at: guess)
        let second = try self.offset(of: name, at: guess - first.offset)
        return (second.offset, second.abbreviation)
    }
}

/// A small generator of random numbers, the same for the same seed.
package struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { self.state = seed }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
