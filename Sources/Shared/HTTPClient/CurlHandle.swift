import CCurl

/// The one place that holds libcurl's pointers of an exchange: an easy handle, its header list and its body.
///
/// It belongs to the driver's thread.
final class CurlHandle {
    let raw: UnsafeMutableRawPointer
    let transfer: CurlTransfer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>

    /// - Throws: `HTTPClientError` where libcurl refuses a setting.
    init(_ transfer: CurlTransfer) throws(HTTPClientError) {
        guard let raw = curl_easy_init() else { throw HTTPClientError(.failed, "libcurl has no memory left") }
        self.raw = raw
        self.transfer = transfer
        self.errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        self.errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        self.configureCallbacks()
        self.configureExchange()
        try self.configureRequest()
    }

    deinit {
        curl_easy_cleanup(self.raw)
        curl_slist_free_all(self.headers)
        self.errorText.deallocate()
    }

    /// What libcurl said of the exchange's end.
    func outcome(_ code: CURLcode) -> Result<Void, HTTPClientError> {
        guard code != CURLE_OK else { return .success(()) }
        let detail = String(cString: self.errorText)
        let reason = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        return .failure(HTTPClientError(Self.meaning(of: code), "\(self.transfer.request.url): \(reason)"))
    }

    /// Lets a held-up sender go on.
    func resume() { curl_easy_pause(self.raw, CURLPAUSE_CONT) }

    private static func meaning(of code: CURLcode) -> HTTPClientError.Code {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidURL
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .cannotResolve
        case CURLE_COULDNT_CONNECT: .cannotConnect
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: .untrustedPeer
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING: .interrupted
        default: .failed
        }
    }

    private func configureCallbacks() {
        // SAFETY: the handle keeps the transfer for as long as libcurl can call back.
        let context = Unmanaged.passUnretained(self.transfer).toOpaque()
        apus_curl_set_pointer(self.raw, CURLOPT_WRITEDATA, context)
        apus_curl_set_pointer(self.raw, CURLOPT_HEADERDATA, context)
        apus_curl_set_pointer(self.raw, CURLOPT_ERRORBUFFER, self.errorText)
        apus_curl_set_receiver(self.raw, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            let isTaken = transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return isTaken ? size * count : Int(CURL_WRITEFUNC_PAUSE)
        }
        apus_curl_set_receiver(self.raw, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            transfer.receiveHeaderLine(String(decoding: line, as: UTF8.self))
            return size * count
        }
    }

    private func configureExchange() {
        let request = self.transfer.request
        let configuration = self.transfer.configuration
        apus_curl_set_long(self.raw, CURLOPT_NOSIGNAL, 1)
        apus_curl_set_long(self.raw, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        apus_curl_set_long(self.raw, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        apus_curl_set_long(self.raw, CURLOPT_FOLLOWLOCATION, request.followsRedirects ? 1 : 0)
        apus_curl_set_long(self.raw, CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.milliseconds)
        if let timeout = request.timeout {
            apus_curl_set_long(self.raw, CURLOPT_TIMEOUT_MS, timeout.milliseconds)
        }
        apus_curl_set_text(self.raw, CURLOPT_USERAGENT, configuration.userAgent)
        apus_curl_set_long(self.raw, CURLOPT_SSL_VERIFYPEER, configuration.verifiesPeer ? 1 : 0)
        apus_curl_set_long(self.raw, CURLOPT_SSL_VERIFYHOST, configuration.verifiesPeer ? 2 : 0)
        if let file = configuration.certificateAuthorityFile {
            apus_curl_set_text(self.raw, CURLOPT_CAINFO, file)
        }
        if let file = configuration.clientCertificateFile { apus_curl_set_text(self.raw, CURLOPT_SSLCERT, file) }
        if let file = configuration.clientKeyFile { apus_curl_set_text(self.raw, CURLOPT_SSLKEY, file) }
        if let proxy = configuration.proxy { apus_curl_set_text(self.raw, CURLOPT_PROXY, proxy) }
    }

    private func configureRequest() throws(HTTPClientError) {
        let request = self.transfer.request
        guard request.url.hasPrefix("http://") || request.url.hasPrefix("https://") else {
            throw HTTPClientError(.invalidURL, "\"\(request.url)\" is no http or https URL")
        }
        guard apus_curl_set_text(self.raw, CURLOPT_URL, request.url) == CURLE_OK else {
            throw HTTPClientError(.invalidURL, "\"\(request.url)\" is no URL")
        }
        if request.method == "HEAD" { apus_curl_set_long(self.raw, CURLOPT_NOBODY, 1) }
        if let body = request.body {
            // The size comes first: libcurl copies that many bytes of the body.
            apus_curl_set_size(self.raw, CURLOPT_POSTFIELDSIZE_LARGE, body.count)
            body.withUnsafeBytes { bytes in
                // SAFETY: libcurl only reads, and copies before it answers.
                let start = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
                if let start { apus_curl_set_pointer(self.raw, CURLOPT_COPYPOSTFIELDS, start) }
            }
            if body.isEmpty { apus_curl_set_text(self.raw, CURLOPT_COPYPOSTFIELDS, "") }
        }
        apus_curl_set_text(self.raw, CURLOPT_CUSTOMREQUEST, request.method)
        for header in request.headers {
            guard !header.name.isEmpty, !(header.name + header.value).utf8.contains(where: { $0 == 10 || $0 == 13 })
            else { throw HTTPClientError(.failed, "the header \"\(header.name)\" holds a line break or has no name") }
            // libcurl's spelling of a header with an empty value ends in a semicolon.
            let line = header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
            self.headers = curl_slist_append(self.headers, line)
        }
        // No `Expect: 100-continue`: it costs a second against servers that do not answer it.
        self.headers = curl_slist_append(self.headers, "Expect:")
        apus_curl_set_list(self.raw, CURLOPT_HTTPHEADER, self.headers)
    }
}

extension Duration {
    fileprivate var milliseconds: Int {
        let (seconds, attoseconds) = self.components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
