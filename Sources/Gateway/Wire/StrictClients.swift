import JSON
import OrderedCollections

/// Clients that are generated from the OpenAPI document, which says of no member that it may be null.
///
/// Argo's server writes some members as null where they have no value yet, and generated clients refuse the whole
/// answer for that. So these clients get what the document says instead, and everybody else what Argo's server writes.
enum StrictClients {
    private static let agent = "OpenAPI-Generator/"

    /// Members that are null until something has happened.
    private static let times: Set<String> = [
        "creationTimestamp", "eventTime", "finishedAt", "firstTimestamp", "lastScheduledTime", "lastTimestamp",
        "lastTransitionTime", "startedAt",
    ]

    static func includes(_ request: GatewayRequest) -> Bool { request.userAgent?.hasPrefix(Self.agent) ?? false }

    /// The same answer without what such a client refuses.
    static func tailored(_ response: GatewayResponse) -> GatewayResponse {
        guard case .bytes(let bytes) = response.body, response.header("Content-Type") == "application/json" else {
            return response
        }
        do throws(JSONSyntaxError) {
            var response = response
            response.body = .bytes(Self.withoutNulls(try JSONValue.parse(bytes)).bytes)
            return response
        } catch {
            // Our own writer wrote it; should it not be read back, it is better sent as it is than not at all.
            return response
        }
    }

    private static func withoutNulls(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            var kept = JSONObject()
            for (name, member) in members {
                if member.isNull, Self.times.contains(name) { continue }
                kept[name] = member.isNull && name == "items" ? [] : Self.withoutNulls(member)
            }
            return .object(kept)
        case .array(let elements): return .array(elements.map(Self.withoutNulls))
        case .null, .bool, .integer, .double, .string: return value
        }
    }
}
