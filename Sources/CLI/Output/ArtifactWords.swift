import Model

/// Where an artifact lies, in words.
enum ArtifactWords {
    static func location(_ artifact: Artifact) -> String? {
        if let key = artifact.s3?.key { return "s3: \(key)" }
        if let repository = artifact.git?.repo { return "git: \(repository)" }
        if let url = artifact.http?.url { return "http: \(url)" }
        if let url = artifact.artifactory?.url { return "artifactory: \(url)" }
        if let path = artifact.hdfs?.path { return "hdfs: \(path)" }
        if artifact.raw != nil { return "raw" }
        if let key = artifact.oss?.key { return "oss: \(key)" }
        if let key = artifact.gcs?.key { return "gcs: \(key)" }
        if let blob = artifact.azure?.blob { return "azure: \(blob)" }
        return nil
    }
}
