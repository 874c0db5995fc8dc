/// Counts what happens against a rate: a bucket that drains as time passes.
struct RateGuard {
    private let rate: HTTP2Limits.Rate
    private var level: Double = 0
    private var last: Duration = .zero

    init(_ rate: HTTP2Limits.Rate) { self.rate = rate }

    /// Takes back some of what was counted.
    mutating func credit(_ count: Int) { self.level = max(0, self.level - Double(count)) }

    /// - Returns: whether so many are within the rate.
    mutating func admit(_ count: Int = 1, at now: Duration) -> Bool {
        if now > self.last {
            self.level = max(0, self.level - (now - self.last) / .seconds(1) * Double(self.rate.perSecond))
            self.last = now
        }
        self.level += Double(count)
        return self.level <= Double(self.rate.burst)
    }
}

/// Watches over what a peer does that costs us much and it little.
struct AbuseGuard {
    enum Act: String {
        case reset = "stream resets"
        case settings = "SETTINGS frames"
        case ping = "PING frames"
        case priority = "PRIORITY frames"
        case emptyFrame = "empty DATA frames"
        case windowUpdate = "WINDOW_UPDATE frames"
        case tinyWindowUpdate = "tiny WINDOW_UPDATE frames"
        case unknownFrame = "frames of unknown types"
    }

    private var resets: RateGuard
    private var settings: RateGuard
    private var pings: RateGuard
    private var priorities: RateGuard
    private var emptyFrames: RateGuard
    private var windowUpdates: RateGuard
    private var tinyWindowUpdates: RateGuard
    private var unknownFrames: RateGuard
    private let continuationLimit: Int
    private var continuations = 0

    init(_ limits: HTTP2Limits) {
        self.resets = RateGuard(limits.resets)
        self.settings = RateGuard(limits.settings)
        self.pings = RateGuard(limits.pings)
        self.priorities = RateGuard(limits.priorities)
        self.emptyFrames = RateGuard(limits.emptyFrames)
        self.windowUpdates = RateGuard(limits.windowUpdates)
        self.tinyWindowUpdates = RateGuard(limits.tinyWindowUpdates)
        self.unknownFrames = RateGuard(limits.unknownFrames)
        self.continuationLimit = limits.continuationFrames
    }

    mutating func count(_ act: Act, _ count: Int = 1, at now: Duration) -> HTTP2Error? {
        let isWithin =
            switch act {
            case .reset: self.resets.admit(at: now)
            case .settings: self.settings.admit(at: now)
            case .ping: self.pings.admit(at: now)
            case .priority: self.priorities.admit(at: now)
            case .emptyFrame: self.emptyFrames.admit(at: now)
            case .windowUpdate: self.windowUpdates.admit(at: now)
            case .tinyWindowUpdate: self.tinyWindowUpdates.admit(at: now)
            case .unknownFrame: self.unknownFrames.admit(count, at: now)
            }
        return isWithin ? nil : HTTP2Error(.excess, "too many \(act.rawValue)")
    }

    /// What was sent may be acknowledged, on its stream and on the connection.
    mutating func dataSent() { self.windowUpdates.credit(2) }

    mutating func headersBegan() { self.continuations = 0 }

    mutating func countContinuation() -> HTTP2Error? {
        self.continuations += 1
        guard self.continuations > self.continuationLimit else { return nil }
        return HTTP2Error(.excess, "more than \(self.continuationLimit) CONTINUATION frames in one header block")
    }
}
