/// The keys a log line may carry. There is none for document text, principals or credentials, and none is to be added.
package enum LogKey: String, Sendable, CaseIterable {
    case address
    case attempt
    case bytes
    case chunks
    case code
    case command
    case consumerGroup = "consumer_group"
    case count
    case document
    case generation
    case limit
    case offset
    case outcome
    case partition
    case port
    case query
    case reason
    case retryable
    case seconds
    case setting
    case signal
    case source
    case stage
    case state
    case status
    case suggestion
    case tenant
    case topic
    case version
    case worker
}

/// What a log key may hold.
package enum LogValue: Sendable, Equatable {
    /// Cut to `Log.valueByteLimit` bytes when written.
    case string(String)
    case int(Int)
    /// Not a number and the infinities are written as `null`: JSON has no word for them.
    case double(Double)
    case bool(Bool)

    /// A duration in seconds.
    package static func seconds(_ duration: Duration) -> LogValue {
        .double(duration / .seconds(1))
    }
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}
