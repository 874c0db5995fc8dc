/// What a peer may ask of our memory and patience, and how large our own files may be.
package struct TLSLimits: Sendable, Hashable {
    /// From the connection to the end of the handshake.
    package var handshakeTimeout: Duration = .seconds(10)
    /// How long the end of a connection may wait for the peer to take our last bytes.
    package var closeTimeout: Duration = .seconds(5)
    /// Bytes that are written before the handshake is done, and wait for it.
    package var earlyBytes = 16 * 1024 * 1024
    /// Requests of a peer for new keys: none is needed before some hundred gigabytes.
    package var keyUpdates = 1024

    /// The chain of certificates that a peer sends.
    package static let peerChainBytes = 32 * 1024
    /// Authorities between a certificate and one that we trust.
    package static let chainDepth: Int32 = 4
    /// A certificate, key, authority or revocation file.
    package static let fileBytes = 4 * 1024 * 1024
    /// The most that one TLS record holds.
    static let recordBytes = 16 * 1024

    package init() {}
}
