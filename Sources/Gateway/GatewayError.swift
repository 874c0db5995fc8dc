/// Why the gateway does not listen.
package struct GatewayError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: Hashable, Sendable {
        private let name: String

        private init(_ name: String) { self.name = name }

        package static let addressInUse = Code("addressInUse")
        package static let insecureAddress = Code("insecureAddress")
        package static let cannotBind = Code("cannotBind")
        package static let alreadyRunning = Code("alreadyRunning")
    }

    package let code: Code
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { self.message }

    package static func == (left: GatewayError, right: GatewayError) -> Bool {
        left.code == right.code && left.message == right.message
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.code)
        hasher.combine(self.message)
    }
}
