package import Model

extension LocalRunner {
    /// Those of the pods that this runner holds no record of.
    ///
    /// Pods whose last report was acknowledged are not kept.
    package func unknown(_ identities: [PodIdentity]) -> [PodIdentity] {
        identities.filter { self.pods[$0] == nil }
    }

    /// Whether a pod has not ended, or its end was not acknowledged yet.
    package var hasPods: Bool { !self.pods.isEmpty }
}
