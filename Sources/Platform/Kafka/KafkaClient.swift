import CKafka
import Synchronization

/// The one owner of a `rd_kafka_t`.
///
/// `@unchecked`: librdkafka is "completely thread-safe", every function may be called from any thread (INTRODUCTION.md, "Threads and callbacks").
final class KafkaClient: @unchecked Sendable {
    /// Valid while this object lives.
    let pointer: OpaquePointer
    private let context: Unmanaged<ClientContext>

    fileprivate init(_ kind: rd_kafka_type_t, settings: consuming ClientSettings, context: ClientContext) throws(KafkaError) {
        let retained = Unmanaged.passRetained(context)
        settings.setContext(retained.toOpaque())
        guard let pointer = settings.makeClient(kind) else {
            retained.release()
            throw KafkaError(.invalidConfiguration, "the Kafka client cannot be made from its settings")
        }
        self.pointer = pointer
        self.context = retained
    }

    deinit {
        // A consumer is closed by its owner, on its thread: closing here would call its delegate from wherever the last reference went.
        rd_kafka_destroy_flags(pointer, Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE))
        context.release()
    }

    /// A client with what every kind shares; `configure` adds the rest.
    static func make(
        _ kind: rd_kafka_type_t, _ configuration: KafkaConfiguration, context: ClientContext, defaults: KeyValuePairs<String, String>,
        required: KeyValuePairs<String, String> = [:], configure: (borrowing ClientSettings) -> Void = { _ in }
    ) throws(KafkaError) -> KafkaClient {
        let settings = ClientSettings()
        try settings.set("bootstrap.servers", configuration.bootstrapServers)
        try settings.set("client.id", configuration.clientID)
        // A broker that comes back should not wait ten seconds for its clients.
        try settings.set("reconnect.backoff.max.ms", "1000")
        // Brokers close idle connections: not worth a line.
        try settings.set("log.connection.close", "false")
        for (name, value) in defaults { try settings.set(name, value) }
        for (name, value) in configuration.properties { try settings.set(name, value) }
        for (name, value) in required { try settings.set(name, value) }
        settings.routeEvents()
        configure(settings)
        return try KafkaClient(kind, settings: settings, context: context)
    }

    /// Throws once the client is past saving.
    func checkFatal() throws(KafkaError) {
        guard rd_kafka_fatal_error(pointer, nil, 0) == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(RD_KAFKA_RESP_ERR__FATAL) }
    }
}

/// What the library's callbacks reach: lines go to the log, errors of the transport are counted beside it.
final class ClientContext: Sendable {
    private let log: KafkaLog
    private let errors = Atomic<Int>(0)
    let rebalancing: Rebalancing?

    init(log: @escaping KafkaLog, rebalancing: Rebalancing? = nil) {
        self.log = log
        self.rebalancing = rebalancing
    }

    var errorCount: Int { errors.load(ordering: .relaxed) }

    func report(_ error: rd_kafka_resp_err_t) {
        errors.add(1, ordering: .relaxed)
        let name = String(cString: rd_kafka_err2name(error))
        log(KafkaLogLine(severity: .error, facility: name, message: String(cString: rd_kafka_err2str(error))))
    }

    func report(level: Int32, facility: String, message: String) {
        // syslog's levels: 0 to 3 are errors, 4 warnings, 5 and 6 information.
        let severity: KafkaLogLine.Severity =
            switch level {
            case ...3: .error
            case 4: .warning
            case 5...6: .information
            default: .debug
            }
        log(KafkaLogLine(severity: severity, facility: facility, message: message))
    }

    /// The context of a callback; the client keeps it alive.
    static func of(_ opaque: UnsafeMutableRawPointer?) -> ClientContext? {
        opaque.map { Unmanaged<ClientContext>.fromOpaque($0).takeUnretainedValue() }
    }
}

/// A client's settings until it is made.
struct ClientSettings: ~Copyable {
    private let pointer: OpaquePointer

    init() {
        pointer = rd_kafka_conf_new()
    }

    deinit {
        rd_kafka_conf_destroy(pointer)
    }

    func set(_ name: String, _ value: String) throws(KafkaError) {
        guard rd_kafka_conf_set(pointer, name, value, nil, 0) == RD_KAFKA_CONF_OK else {
            throw KafkaError(.invalidConfiguration, "a Kafka setting is unknown or has no such value", setting: name)
        }
    }

    func routeEvents() {
        rd_kafka_conf_set_log_cb(pointer) { client, level, facility, message in
            guard let client, let facility, let message else { return }
            ClientContext.of(rd_kafka_opaque(client))?.report(level: level, facility: String(cString: facility), message: String(cString: message))
        }
        rd_kafka_conf_set_error_cb(pointer) { _, error, _, context in
            ClientContext.of(context)?.report(rd_kafka_resp_err_t(error))
        }
    }

    func routeRebalances() {
        rd_kafka_conf_set_rebalance_cb(pointer) { client, event, partitions, context in
            guard let client, let partitions else { return }
            ClientContext.of(context)?.rebalancing?.serve(client, event, partitions)
        }
    }

    func routeDeliveryReports() {
        rd_kafka_conf_set_dr_msg_cb(pointer) { _, message, _ in
            guard let message, let context = message.pointee._private else { return }
            Delivery.take(context).complete(message.pointee)
        }
    }

    fileprivate func setContext(_ context: UnsafeMutableRawPointer) {
        rd_kafka_conf_set_opaque(pointer, context)
    }

    /// The library owns the settings once it has made a client.
    fileprivate consuming func makeClient(_ kind: rd_kafka_type_t) -> OpaquePointer? {
        guard let client = rd_kafka_new(kind, pointer, nil, 0) else {
            _ = consume self
            return nil
        }
        discard self
        return client
    }
}
