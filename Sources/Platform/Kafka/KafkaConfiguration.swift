/// Where the cluster is and how to talk to it.
///
/// The description names settings and never their values: they may be credentials.
package struct KafkaConfiguration: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `host:port`, separated by commas.
    package var bootstrapServers: String
    /// What the broker's logs and quotas call this client.
    package var clientID: String
    /// Further settings by librdkafka's names, such as `security.protocol`. They win over Sluice's defaults, not over what its correctness rests on.
    package var properties: [String: String]

    package init(bootstrapServers: String, clientID: String, properties: [String: String] = [:]) {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.properties = properties
    }

    package var description: String {
        "KafkaConfiguration(settings: \(properties.keys.sorted().joined(separator: ", ")))"
    }

    package var debugDescription: String { description }

    /// Without this, `dump` and a failed expectation would print the values.
    package var customMirror: Mirror {
        Mirror(self, children: [:])
    }
}

/// One line the client library has to say: about connections, never about the content of records.
package struct KafkaLogLine: Sendable {
    package enum Severity: Sendable {
        case error, warning, information, debug
    }

    package let severity: Severity
    /// The library's own short name for what happened, such as `FAIL` or `MAXPOLL`.
    package let facility: String
    /// May name hosts, topics and groups.
    package let message: String
}

/// Takes the library's lines, from any thread; it must not block.
package typealias KafkaLog = @Sendable (KafkaLogLine) -> Void
