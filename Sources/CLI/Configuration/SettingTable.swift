/// Everything that `scheduler`, `runner` and `gateway` can be told: the single source of their flags, their variables,
/// the keys of their files, their help and `docs/configuration.md`.
enum SettingTable {
    static let all: [Setting] = Self.member + Self.listening + Self.work + Self.process

    static func settings(of role: ServiceRole) -> [Setting] { self.all.filter { $0.roles.contains(role) } }

    private static let everybody = Set(ServiceRole.allCases)

    /// Who the process is, and by what it and others know each other.
    private static let member = [
        Setting(
            name: "name", kind: .text, roles: everybody, standard: nil,
            help: "The member's name, which its certificate holds too: scheduler-0."),
        Setting(
            name: "member-cert", kind: .file, roles: everybody, standard: nil,
            help: "The member's certificate, as `apus pki issue` makes it, PEM."),
        Setting(
            name: "member-key", kind: .file, roles: everybody, standard: nil, help: "The certificate's key, PEM."),
        Setting(
            name: "member-ca", kind: .file, roles: everybody, standard: nil,
            help: "The certificate of the cluster's authority, ca.crt, PEM."),
        Setting(
            name: "member-crl", kind: .file, roles: everybody, standard: nil,
            help: "The authority's list of certificates that were taken back, ca.crl, PEM."),
        Setting(
            name: "join", kind: .text, roles: [.runner], standard: nil,
            help:
                "A token of `apus pki token`: where there is no member-cert yet, the runner gets it and writes it, its "
                + "key, member-ca and member-crl."),
        Setting(
            name: "join-from", kind: .text, roles: [.runner], standard: nil,
            help: "The gateway that admits who has a token, as https://HOST:PORT. It also renews the runner's "
                + "certificate before it ends."),
        Setting(
            name: "authority", kind: .folder, roles: [.gateway], standard: nil,
            help: "Folder of the authority, as `apus pki init` makes it: the gateway then admits runners that have a "
                + "token."),
        Setting(
            name: "seeds", kind: .members, roles: [.runner, .gateway], standard: nil,
            help: "Schedulers to ask first: they say where the others are."),
    ]

    private static let listening = [
        Setting(
            name: "host", kind: .text, roles: everybody, standard: "127.0.0.1",
            help: "Address to listen on: for other members, and on a gateway for clients."),
        Setting(
            name: "port", kind: .port, roles: everybody, standard: "0",
            help: "Port to listen on; 0 takes a free one."),
        Setting(
            name: "advertise", kind: .text, roles: [.scheduler, .runner], standard: nil,
            help: "Where others reach this member, HOST:PORT. Without it host and port, as far as they can be "
                + "reached."),
        Setting(
            name: "metrics-address", kind: .text, roles: [.scheduler, .runner], standard: nil,
            help: "Where probes and Prometheus ask, HOST:PORT: /healthz, /readyz and /metrics in plain text, for "
                + "whoever can connect. Without it nowhere."),
        Setting(
            name: "allow-insecure", kind: .flag, roles: [.gateway], standard: "false",
            help: "Listen on an address of this machine that others reach, without TLS or without authentication."),
        Setting(
            name: "tls-certificate", kind: .file, roles: [.gateway], standard: nil,
            help: "The certificate that clients are shown, and those between it and its authority, PEM."),
        Setting(
            name: "tls-key", kind: .file, roles: [.gateway], standard: nil, help: "The key of tls-certificate, PEM."),
        Setting(
            name: "tls-min-version", kind: .choice(["1.2", "1.3"]), roles: [.gateway], standard: "1.2",
            help: "The oldest version of TLS that clients may speak."),
    ]

    private static let work = [
        Setting(
            name: "store", kind: .text, roles: [.scheduler], standard: nil,
            help: "PostgreSQL database, as postgres://user@host/name or key=value pairs that libpq reads."),
        Setting(
            name: "lease", kind: .duration, roles: [.scheduler], standard: "3s",
            help: "How long a scheduler keeps its shards without being heard of."),
        Setting(
            name: "weight", kind: .count(1...64), roles: [.scheduler], standard: "1",
            help: "How large its share of the shards is, compared with other schedulers."),
        Setting(
            name: "parallelism", kind: .count(0...1_000_000), roles: [.scheduler], standard: "0",
            help: "How many workflows run at once, the same on every scheduler; 0: any number. SIGHUP reads it again."),
        Setting(
            name: "namespace-parallelism", kind: .count(0...1_000_000), roles: [.scheduler], standard: "0",
            help: "How many workflows of one namespace run at once, the same on every scheduler; 0: any number. "
                + "SIGHUP reads it again."),
        Setting(
            name: "runner-silence", kind: .duration, roles: [.scheduler], standard: "10s",
            help: "How long a runner may be silent before its pods are given up: at least 5s."),
        Setting(
            name: "max-pods", kind: .count(1...1_000_000), roles: [.runner], standard: nil,
            help: "How many pods run at once. Without it 16 for each processor."),
        Setting(
            name: "cpu", kind: .text, roles: [.runner], standard: nil,
            help: "How much pods may request together, such as 4 or 3500m. Without it requests do not count."),
        Setting(
            name: "memory", kind: .text, roles: [.runner], standard: nil,
            help: "How much pods may request together, such as 8Gi. Without it requests do not count."),
        Setting(
            name: "labels", kind: .text, roles: [.runner], standard: nil,
            help:
                "What node selectors are compared with, KEY=VALUE separated by commas; labels of the machine, such as "
                + "kubernetes.io/hostname, are there without it."),
        Setting(
            name: "data-dir", kind: .folder, roles: [.runner], standard: nil,
            help: "Folder for pods, logs and artifacts. Without it $XDG_DATA_HOME/apus or ~/.local/share/apus."),
        Setting(
            name: "isolation", kind: .choice(["sandbox", "none"]), roles: [.runner], standard: nil,
            help: "How pods are kept apart. Without it a sandbox, where this machine can make one."),
    ]

    private static let process = [
        Setting(
            name: "grace", kind: .duration, roles: everybody, standard: "30s",
            help: "How long answers that run are waited for on shutdown."),
        Setting(
            name: "loglevel", kind: .choice(["debug", "info", "warn", "error"]), roles: everybody, standard: "info",
            help: "What is logged."),
        Setting(
            name: "log-format", kind: .choice(["text", "json"]), roles: everybody, standard: "text",
            help: "How lines of the log are written."),
    ]
}
