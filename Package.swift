// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is compiled under the same rules: Swift 6 mode, explicit `any`, internal imports,
/// and no warning left standing.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func module(
    _ name: String, path: String, exclude: [String] = [], uses dependencies: [Target.Dependency] = []
) -> Target {
    .target(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: strict)
}

func tests(_ name: String, exclude: [String] = [], uses dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)", exclude: exclude,
        swiftSettings: strict)
}

let collections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let nio: [Target.Dependency] = ["NIOCore", "NIOPosix", "NIOHTTP1"].map { .product(name: $0, package: "swift-nio") }

let nioSockets: [Target.Dependency] = ["NIOCore", "NIOPosix"].map { .product(name: $0, package: "swift-nio") }

let package = Package(
    name: "apus",
    products: [
        .executable(name: "apus", targets: ["apus"]),
        .executable(name: "apus-supervisor", targets: ["apus-supervisor"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The executable: wiring and commands. The only target that may import all three services.
        .executableTarget(
            name: "apus",
            dependencies: [
                "Scheduler", "NodeRunner", "Gateway", "HTTPClient", "TLS", "YAML", "Validation",
                "Expressions", "ActorTransport", "Telemetry",
                "Model", "JSON", "apus-supervisor", collections, arguments, logging, lifecycle,
            ],
            path: "Sources/CLI", swiftSettings: strict),

        // The services. They never import each other; they meet at ActorTransport/Contracts.
        module(
            "Scheduler", path: "Sources/Scheduler", exclude: ["Engine"],
            uses: [
                "WorkflowEngine", "ActorTransport", "Telemetry", "PostgreSQL", "Validation", "Expressions", "YAML",
                "Model",
                "JSON", "CSQLite", collections, logging, lifecycle,
            ]),
        module(
            "NodeRunner", path: "Sources/NodeRunner", exclude: ["Supervisor"],
            uses: ["ActorTransport", "Telemetry", "Model", "JSON", "CLinux", collections, logging, lifecycle]),
        module(
            "Gateway", path: "Sources/Gateway",
            uses: [
                "ActorTransport", "Telemetry", "TLS", "Validation", "YAML", "Model", "JSON", collections, logging,
                lifecycle,
            ] + nio),

        // The tiny process that outlives the runner and watches over one pod.
        // C alone, and linked without Swift's runtime: each pod has a fork of it, which costs half as much this way.
        .executableTarget(
            name: "apus-supervisor", path: "Sources/NodeRunner/Supervisor",
            linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-executable"])]),

        // The wires.
        module(
            "ActorTransport", path: "Sources/Shared/ActorTransport",
            uses: ["HTTP2", "Proto", "TLS", "Model", "JSON", collections, logging] + nioSockets),
        module("HTTP2", path: "Sources/Shared/HTTP2", uses: ["CNghttp2", deque] + nioSockets),
        module("HTTPClient", path: "Sources/Shared/HTTPClient", uses: ["JSON", "CCurl"]),
        module("PostgreSQL", path: "Sources/Shared/PostgreSQL", uses: ["CPostgres"]),
        module(
            "TLS", path: "Sources/Shared/TLS", uses: ["COpenSSL", .product(name: "NIOCore", package: "swift-nio")]),

        // What the services measure.
        module("Telemetry", path: "Sources/Shared/Telemetry", uses: [metrics]),

        // The engine: pure. It imports no I/O, reads no clock and draws no random number.
        module(
            "WorkflowEngine", path: "Sources/Scheduler/Engine",
            uses: ["Model", "Expressions", "JSON", collections, heap]),

        // The vocabulary.
        module("Validation", path: "Sources/Shared/Validation", uses: ["Model", "Expressions", "JSON", collections]),
        module("Expressions", path: "Sources/Shared/Expressions", uses: ["Model", "JSON", collections]),
        module("Model", path: "Sources/Shared/Model", uses: ["JSON", collections]),
        module("YAML", path: "Sources/Shared/YAML", uses: ["JSON", collections, yams]),
        module("JSON", path: "Sources/Shared/JSON", uses: [collections]),

        // C: module maps of system libraries, and the system calls that Swift cannot make.
        .systemLibrary(
            name: "CSQLite", path: "Sources/CShims/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(
            name: "CPostgres", path: "Sources/CShims/CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(
            name: "COpenSSL", path: "Sources/CShims/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CNghttp2", path: "Sources/CShims/CNghttp2", pkgConfig: "libnghttp2",
            providers: [.apt(["libnghttp2-dev"])]),
        .target(name: "CLinux", path: "Sources/CShims/CLinux"),
        // Generated by scripts/proto.
        .target(name: "Proto", path: "Sources/Proto", linkerSettings: [.linkedLibrary("protobuf-c")]),
        .target(name: "CCurl", path: "Sources/CShims/CCurl", linkerSettings: [.linkedLibrary("curl")]),

        // Tests mirror Sources.
        .target(
            name: "TestSupport", dependencies: ["Model", "JSON", "YAML"], path: "Tests/TestSupport",
            swiftSettings: strict),
        tests("JSONTests", uses: ["JSON", "YAML"]),
        tests("ModelTests", uses: ["Model", "JSON", "YAML"]),
        tests("ExpressionsTests", uses: ["Expressions", "Model", "JSON"]),
        tests("ValidationTests", uses: ["Validation", "Model", "JSON", "YAML"]),
        tests("WorkflowEngineTests", uses: ["WorkflowEngine", "Validation", "Model", "Expressions", "JSON", "YAML"]),
        tests("PostgreSQLTests", uses: ["PostgreSQL"]),
        tests(
            "SchedulerTests",
            uses: [
                "Scheduler", "WorkflowEngine", "ActorTransport", "Telemetry", "PostgreSQL", "Model", "JSON", "YAML",
            ]),
        tests(
            "SimulationTests",
            uses: [
                "Scheduler", "WorkflowEngine", "ActorTransport", "Model", "JSON", "YAML", collections, logging,
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ]),
        tests("TLSTests", uses: ["TLS", "COpenSSL", .product(name: "NIOEmbedded", package: "swift-nio")] + nio),
        tests(
            "ActorTransportTests", exclude: ["Clients"],
            uses: ["ActorTransport", "HTTP2", "TLS", "IntegrationSupport", "Model", "JSON", collections] + nioSockets),
        tests("HTTP2Tests", uses: ["HTTP2", "TLS", collections] + nioSockets),
        tests("NodeRunnerTests", uses: ["NodeRunner", "ActorTransport", "Model", "JSON", "CLinux", "apus-supervisor"]),
        tests(
            "GatewayTests",
            uses: ["Gateway", "ActorTransport", "Telemetry", "TLS", "Model", "JSON", collections, logging, lifecycle]
                + nio),
        tests("CLITests", uses: ["apus", "apus-supervisor", "HTTPClient", "Model", "JSON", "YAML"]),
        // Tests of the built binary, from outside.
        .target(
            name: "IntegrationSupport", dependencies: ["TestSupport", "JSON", collections],
            path: "Tests/IntegrationSupport",
            swiftSettings: strict),
        tests(
            "IntegrationTests", uses: ["IntegrationSupport", "JSON", "YAML", "apus", "apus-supervisor", collections]),
        tests(
            "ConformanceTests", exclude: ["Cases", "Golden"],
            uses: ["IntegrationSupport", "Model", "JSON", "YAML", "apus", "apus-supervisor", collections]),
        tests("TelemetryTests", uses: ["Telemetry"]),
        tests("TidyTests", uses: []),
    ]
)

// The benchmarks, which `swift test` need not build: `make bench` asks for them.
if Context.environment["APUS_BENCHMARKS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "apus-bench",
            dependencies: [
                "Scheduler", "NodeRunner", "WorkflowEngine", "ActorTransport", "HTTP2", "TLS", "HTTPClient",
                "IntegrationSupport", "TestSupport", "Model", "JSON", collections, logging,
            ] + nioSockets,
            path: "Tests/Benchmarks", exclude: ["grpc_server.py"], swiftSettings: strict))
}

// What `make fuzz` feeds with bytes. It has no `main`: libFuzzer brings one.
if Context.environment["APUS_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "apus-fuzz",
            dependencies: [
                "HTTP2", "ActorTransport", "YAML", "Model", "JSON", collections,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            path: "Tests/Fuzz", exclude: ["Corpus"], swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}

// A sanitizer instruments every module, so `make sanitize` builds these tests and what they need, nothing else.
if let named = Context.environment["APUS_ONLY"] {
    package.targets.append(.target(name: "Sanitizers", path: "Tests/Sanitizers"))
    for target in package.targets where target.isTest { target.dependencies.append("Sanitizers") }
    var wanted: Set<String> = []
    var open = named.split(separator: ",").map(String.init)
    while let name = open.popLast() {
        guard wanted.insert(name).inserted, let target = package.targets.first(where: { $0.name == name }) else {
            continue
        }
        for case .byNameItem(let name, _) in target.dependencies { open.append(name) }
    }
    package.targets.removeAll { !wanted.contains($0.name) }
    package.products.removeAll()
}
