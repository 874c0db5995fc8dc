/// Where PostgreSQL is and how long it is waited for.
package struct PostgresConfiguration: Sendable {
    /// A URI or `key=value` pairs, as libpq reads them: `sslmode`, `service`, several hosts, and `PG…` variables too.
    package var connection: String
    /// Shown in `pg_stat_activity` where `connection` names no other.
    package var applicationName: String
    /// How long it may take to connect, where `connection` does not say it with `connect_timeout`.
    package var connectTimeout: Duration = .seconds(5)
    /// How long the server may work on one statement.
    package var statementTimeout: Duration = .seconds(30)
    /// How much longer than that an answer may take to come, before the connection is given up.
    package var answerGrace: Duration = .seconds(5)
    /// How long either side may leave unacknowledged what the other has sent, before the connection is given up.
    ///
    /// A network that loses packets says nothing, and the kernel would wait for a quarter of an hour. `connection` may
    /// say otherwise with `tcp_user_timeout`.
    package var silenceLimit: Duration = .seconds(5)
    /// How long nothing is sent either way before the other side is asked whether it is there; then once a second.
    package var keepaliveInterval: Duration = .seconds(2)
    /// What is done on each new connection before it is used.
    package var preparation: [PostgresStatement] = []
    /// The oldest major version that will do.
    package var minimumVersion = 13

    package init(connection: String, applicationName: String) {
        self.connection = connection
        self.applicationName = applicationName
    }
}
