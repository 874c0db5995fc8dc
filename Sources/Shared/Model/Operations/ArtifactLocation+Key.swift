extension ArtifactLocation {
    /// Why a location's key cannot be changed.
    package struct KeyError: Error, Hashable, CustomStringConvertible {
        package var description: String
    }

    /// Where within its store the artifact lies; `nil` where the location has no such thing or none is said.
    ///
    /// Of several locations the first counts, in the order in which Argo looks for them.
    package var key: String? {
        let key: String
        if let artifactory = self.artifactory {
            key = Self.path(ofURL: artifactory.url)
        } else if let azure = self.azure {
            key = azure.blob
        } else if self.git != nil {
            return nil
        } else if let gcs = self.gcs {
            key = gcs.key
        } else if let hdfs = self.hdfs {
            key = hdfs.path
        } else if let http = self.http {
            key = Self.path(ofURL: http.url)
        } else if let oss = self.oss {
            key = oss.key
        } else if self.raw != nil {
            return nil
        } else if let s3 = self.s3 {
            key = s3.key ?? ""
        } else {
            key = self.plugin?.key ?? ""
        }
        return key.isEmpty ? nil : key
    }

    /// Whether the location says all that is needed to find the artifact: store and key.
    package var hasLocation: Bool {
        if let artifactory = self.artifactory {
            return !artifactory.url.isEmpty && artifactory.auth.usernameSecret != nil
        }
        if let azure = self.azure {
            return !azure.container.endpoint.isEmpty && !azure.container.name.isEmpty && !azure.blob.isEmpty
        }
        if let git = self.git { return !git.repo.isEmpty }
        if let gcs = self.gcs { return gcs.bucket.name != nil && !gcs.key.isEmpty }
        if let hdfs = self.hdfs { return !hdfs.configuration.addresses.isEmpty }
        if let http = self.http { return !http.url.isEmpty }
        if let oss = self.oss { return oss.bucket.name != nil && oss.bucket.endpoint != nil && !oss.key.isEmpty }
        if self.raw != nil { return true }
        if let s3 = self.s3 { return s3.bucket.endpoint != nil && s3.bucket.name != nil && s3.key != nil }
        if let plugin = self.plugin { return plugin.name != nil && plugin.configuration != nil && !plugin.key.isEmpty }
        return false
    }

    package var hasLocationOrKey: Bool { self.hasLocation || self.key != nil }

    /// Puts the artifact elsewhere in its store.
    package mutating func setKey(_ key: String) throws(KeyError) {
        if let url = self.artifactory?.url {
            self.artifactory?.url = Self.url(url, withPath: key)
        } else if self.azure != nil {
            self.azure?.blob = key
        } else if self.git != nil {
            throw KeyError(description: "key unsupported: cannot set key on git artifact")
        } else if self.gcs != nil {
            self.gcs?.key = key
        } else if self.hdfs != nil {
            self.hdfs?.path = key
        } else if let url = self.http?.url {
            self.http?.url = Self.url(url, withPath: key)
        } else if self.oss != nil {
            self.oss?.key = key
        } else if self.raw != nil {
            throw KeyError(description: "key unsupported: cannot set key for raw artifact")
        } else if self.s3 != nil {
            self.s3?.key = key
        } else if self.plugin != nil {
            self.plugin?.key = key
        } else {
            throw KeyError(
                description: "artifact storage is not configured: name a store such as s3, gcs or http beside the key")
        }
    }

    /// Where the path of a URL begins and ends.
    private static func pathRange(_ url: String) -> Range<String.Index> {
        var start = url.startIndex
        if let scheme = url.firstRange(of: "://") {
            start = url[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? url.endIndex
        }
        let end = url[start...].firstIndex { $0 == "?" || $0 == "#" } ?? url.endIndex
        return start..<end
    }

    private static func path(ofURL url: String) -> String { String(url[self.pathRange(url)]) }

    private static func url(_ url: String, withPath path: String) -> String {
        let range = self.pathRange(url)
        return url[..<range.lowerBound] + (path.hasPrefix("/") ? path : "/\(path)") + url[range.upperBound...]
    }
}
