import Foundation
import IntegrationSupport

/// What the cases are played against: the single process, or a cluster as `make cluster` starts one.
struct ConformanceFixture {
    enum Kind: String, CaseIterable {
        case server, cluster

        /// Those that `FIXTURE` in the environment names, all where it names none.
        static var wanted: [Kind] {
            get throws {
                guard let name = ProcessInfo.processInfo.environment["FIXTURE"] else { return self.allCases }
                guard let kind = Kind(rawValue: name) else {
                    throw FixtureError("FIXTURE=\(name): one of \(self.allCases.map(\.rawValue))")
                }
                return [kind]
            }
        }
    }

    let kind: Kind
    let isolation: PodIsolation
    private let clients: [RESTClient]
    private let end: () throws -> Void

    /// Starts it; pods are kept apart as well as this machine can.
    ///
    /// - Parameter environment: added to that of the processes.
    init(_ kind: Kind, folder: URL, environment: [String: String] = [:]) throws {
        self.kind = kind
        self.isolation = try PodIsolation.ofMachine(folder: folder)
        switch kind {
        case .server:
            let server = try ApusServer(
                folder: folder.appendingPathComponent("server"), isolation: self.isolation.rawValue,
                environment: environment)
            self.clients = [RESTClient(server.baseURL)]
            self.end = { server.stop() }
        case .cluster:
            let cluster = try LocalCluster(
                folder: folder.appendingPathComponent("cluster"), schedulers: 3, runners: 2, gateways: 2,
                isolation: self.isolation.rawValue, environment: environment)
            self.clients = cluster.gateways.map { RESTClient($0) }
            self.end = { try cluster.down() }
        }
    }

    /// The way in for the `number`-th case: each gateway gets its share.
    func client(_ number: Int) -> RESTClient { self.clients[number % self.clients.count] }

    func stop() {
        do { try self.end() } catch { print("cannot stop the \(self.kind): \(error)") }
    }
}
