/// When a cron workflow runs: five fields, a descriptor such as `@hourly`, or `@every 1h30m`.
///
/// The language, its messages and its arithmetic are those of the `robfig/cron` parser that Argo uses.
package struct CronSchedule: Hashable, Sendable {
    /// Why a text is no schedule.
    package struct SyntaxError: Error, Hashable, CustomStringConvertible {
        package var description: String

        package init(_ description: String) { self.description = description }
    }

    enum Rule: Hashable, Sendable {
        case fields(CronFields)
        /// So many seconds after the last time.
        case every(seconds: Int)
    }

    /// The IANA name after `CRON_TZ=` or `TZ=`; without one the caller's zone holds.
    package let timeZone: String?
    let rule: Rule

    /// - Throws: ``SyntaxError`` with robfig's words.
    package init(_ text: String) throws(SyntaxError) {
        guard !text.isEmpty else { throw SyntaxError("empty spec string") }
        var rest = Substring(text)
        if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") {
            let named = text.drop { $0 != "=" }.dropFirst()
            let name = named.prefix { $0 != " " }
            guard name.endIndex < named.endIndex else {
                throw SyntaxError("no schedule after the time zone: \(text)")
            }
            self.timeZone = String(name)
            rest = CronFields.trimmed(named[name.endIndex...])
        } else {
            self.timeZone = nil
        }
        self.rule = rest.hasPrefix("@") ? try Self.descriptor(String(rest)) : .fields(try CronFields(rest))
    }

    /// The schedule within a time zone given beside it.
    package init(_ text: String, timeZone: String?) throws(SyntaxError) {
        guard let timeZone, !timeZone.isEmpty else {
            try self.init(text)
            return
        }
        try self.init("CRON_TZ=\(timeZone) \(text)")
    }

    private static func descriptor(_ text: String) throws(SyntaxError) -> Rule {
        switch text {
        case "@yearly", "@annually": return .fields(CronFields(daysOfMonth: .first, months: .first))
        case "@monthly": return .fields(CronFields(daysOfMonth: .first))
        case "@weekly": return .fields(CronFields(weekdays: .first))
        case "@daily", "@midnight": return .fields(CronFields())
        case "@hourly": return .fields(CronFields(hours: .all))
        default: break
        }
        let every = "@every "
        guard text.hasPrefix(every) else { throw SyntaxError("unrecognized descriptor: \(text)") }
        let duration = text.dropFirst(every.count)
        guard let span = GoDuration(duration) else {
            throw SyntaxError("failed to parse duration \(text): time: invalid duration \"\(duration)\"")
        }
        return .every(seconds: max(1, Int(span.nanoseconds / 1_000_000_000)))
    }
}
