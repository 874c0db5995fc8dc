import COpenSSL

/// What OpenSSL has put into this thread's queue of errors.
///
/// The queue is emptied before every call whose failure is read, so that no older error is taken for a new one.
struct OpenSSLFailure {
    /// The first error of the queue, 0 for none: the cause, where others are its consequences.
    let code: UInt

    static func clear() { ERR_clear_error() }

    /// Takes the queue's first error and empties the queue.
    static func take() -> OpenSSLFailure {
        let code = ERR_get_error()
        ERR_clear_error()
        return OpenSSLFailure(code: code)
    }

    var reason: Int32 { apus_error_reason(self.code) }

    var isOfTLS: Bool { apus_error_library(self.code) == ERR_LIB_SSL }

    /// The reason in words, as OpenSSL says it.
    var text: String {
        guard self.code != 0, let words = ERR_reason_error_string(self.code) else { return "no reason given" }
        return String(cString: words)
    }
}
