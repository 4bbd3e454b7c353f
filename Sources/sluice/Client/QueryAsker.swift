import Contract
import Kafka
import Transport

/// A question and who asks it.
struct Question: Sendable {
    let tenant: TenantID
    let text: String
    let asker: Asker
    var mode: Query.Mode = .hybrid
    var limit = Query.defaultLimit
    var options = QuestionOptions()

    /// The query's data.
    var data: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("text", text)
            $0.member("limit", limit)
            $0.member("mode", mode.rawValue)
            options.write(to: &$0)
            $0.member("asker") { [asker] in
                $0.object {
                    switch asker {
                    case .token(let token): $0.member("token", token)
                    case .named(let user, let groups):
                        $0.member("user", user.text)
                        if !groups.isEmpty { $0.member("groups") { $0.array(groups) { $0.value($1.text) } } }
                    }
                }
            }
        }
        return json.bytes
    }

    func record(id: String, expires: Timestamp) -> OutboundRecord {
        let attributes = [
            ("ce_specversion", "1.0"), ("ce_id", id), ("ce_source", Self.source), ("ce_type", EventType.query.rawValue), ("ce_tenant", tenant.text),
            ("ce_expirytime", expires.rfc3339), ("content-type", "application/json"),
        ]
        return OutboundRecord(
            topic: InputTopic.queries.rawValue, key: Array(id.utf8), value: data, headers: attributes.map { RecordHeader($0, $1) })
    }

    /// What the command line calls itself as a source of queries.
    private static let source = "sluice-cli"
}

/// Asks through the topics and waits for the answers.
struct QueryAsker: Sendable {
    private static let pollMilliseconds = 200

    private let producer: KafkaProducer
    private let reader: KafkaReader
    private let timeout: Duration

    /// - Parameter timeout: of each question; it is also the query's `expirytime`, so that nobody answers what nobody waits for.
    /// - Throws: `ClientError` where a tenant is not registered; `KafkaError`.
    init(_ runtime: Runtime, tenants: [TenantID], timeout: Duration) async throws {
        producer = try runtime.clientProducer()
        reader = try runtime.clientReader()
        self.timeout = timeout
        try await reader.startAtEnd(ofEach: tenants, Topics.results)
    }

    /// - Throws: `ClientError.noResult`; `KafkaError`.
    func ask(_ question: Question) async throws -> QueryReply {
        guard let reply = try await ask([question], atOnce: 1).first ?? nil else { throw ClientError.noResult(within: timeout) }
        return reply
    }

    /// Asks in order, the next as soon as fewer than `atOnce` wait for their answers.
    ///
    /// - Parameter onEnd: told of each that is answered or given up.
    /// - Returns: a reply for each question; nothing where none came in time.
    /// - Throws: `ClientError` for a result out of form; `KafkaError`.
    func ask(_ questions: [Question], atOnce: Int, onEnd: () -> Void = {}) async throws -> [QueryReply?] {
        var replies = [QueryReply?](repeating: nil, count: questions.count)
        var waiting: [[UInt8]: (index: Int, start: ContinuousClock.Instant)] = [:]
        var next = 0
        while next < questions.count || !waiting.isEmpty {
            try Task.checkCancellation()
            while next < questions.count, waiting.count < atOnce {
                let id = randomID()
                waiting[Array(id.utf8)] = (next, .now)
                try await send(questions[next], id: id)
                next += 1
            }
            for record in try await reader.poll(maxRecords: 100, timeoutMilliseconds: Self.pollMilliseconds) {
                guard let key = record.key, let (index, start) = waiting.removeValue(forKey: key) else { continue }
                guard let reply = QueryReply(value: record.value ?? [], elapsed: .now - start) else {
                    throw ClientError("the result is not in the contract's form: is the worker of another version?")
                }
                replies[index] = reply
                onEnd()
            }
            for (id, question) in waiting where .now - question.start >= timeout {
                waiting[id] = nil
                onEnd()
            }
        }
        return replies
    }

    private func send(_ question: Question, id: String) async throws {
        let expires = Timestamp(microsecondsSinceEpoch: Timestamp.now.microsecondsSinceEpoch + Int64(timeout / .microseconds(1)))
        _ = try await producer.send(KafkaMessage(question.record(id: id, expires: expires)))
    }

    func close() async {
        await reader.close()
        await producer.close()
    }
}
