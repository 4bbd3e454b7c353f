import Kafka
import Telemetry

extension Log {
    /// Where the Kafka client's own lines go. They name brokers and topics, never what is in a record.
    package var kafka: KafkaLog {
        { line in
            let fields: KeyValuePairs<LogKey, LogValue> = [.code: .string(line.facility), .reason: .string(line.message)]
            switch line.severity {
            case .error: warning("kafka client", fields)
            case .warning: info("kafka client", fields)
            case .information, .debug: debug("kafka client", fields)
            }
        }
    }
}
