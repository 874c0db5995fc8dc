import Glibc
import Model

/// The time of day, as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
func httpDate() -> String { httpDate(secondsSince1970: time(nil)) }

func httpDate(secondsSince1970 seconds: Int) -> String {
    let time = CivilTime(secondsSince1970: seconds)
    return "\(weekdays[time.weekday]), \(two(time.day)) \(months[time.month - 1]) \(time.year) "
        + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) GMT"
}

private let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
private let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
