import Contract
import Index
import Kafka
import Telemetry
import Transport

/// Finds the reply to one query: what can be said at once, else what the index says.
struct QueryResponder: Sendable {
    let tenants: TenantRegistry
    let answerer: QueryAnswerer
    /// Who was shown what is written down before it is shown.
    let recorder: any AnswerRecorder
    /// How long a query without an expiry waits for its minimum positions.
    let positionsWait: Duration
    let group: String
    let log: Log

    enum Response: Sendable {
        case reply(QueryReplies.Reply)
        /// Not answered yet: to be asked again after this.
        case later(Duration)
    }

    /// How often a query that the database did not answer is asked again before its asker is told.
    private static let attempts = 4
    /// Positions are awaited at short intervals at first: most are a moment away.
    private static let (shortestPause, longestPause) = (Duration.milliseconds(5), Duration.milliseconds(200))

    /// - Parameter refusal: what is to be said whatever the question.
    func respond(to query: HeldQuery, refusal: QueryError? = nil) async throws(CancellationError) -> Response {
        for attempt in 1...Self.attempts {
            do {
                return try await attemptToRespond(to: query, refusal: refusal)
            } catch {
                if Task.isCancelled { throw CancellationError() }
                log.warning("a query was not answered", [.consumerGroup: .string(group), .reason: .string("\(error)"), .attempt: .int(attempt)])
                if attempt < Self.attempts { try? await Task.sleep(for: .milliseconds(100 << attempt)) }
            }
        }
        return .reply(Self.sayUnavailable(query))
    }

    private static func sayUnavailable(_ query: HeldQuery) -> QueryReplies.Reply {
        query.envelope.map { .error(.unavailable, $0) } ?? .deadLetter(query.record, .unregisteredTenant)
    }

    private func attemptToRespond(to query: HeldQuery, refusal: QueryError?) async throws -> Response {
        let question: Question
        switch query.decoded {
        case .deadLetter(let rejection, _, _): return .reply(.deadLetter(query.record, rejection))
        case .problem(let envelope, let error):
            return .reply(try await isRegistered(envelope) ? .error(error, envelope) : .deadLetter(query.record, .unregisteredTenant))
        case .query(let query): question = .search(query)
        case .accessCheck(let check): question = .check(check)
        }
        let envelope = question.envelope
        guard try await isRegistered(envelope) else { return .reply(.deadLetter(query.record, .unregisteredTenant)) }
        if let topic = envelope.replyTopic, topic != Topics.results(of: envelope.key.tenant) { return .reply(.error(.replyTopicRefused, envelope)) }
        if query.isExpired(at: .now) { return .reply(.error(query.hasWaited ? .notYet : .expired, envelope)) }
        if let refusal { return .reply(.error(refusal, envelope)) }
        let answer = try await answerer.answer(question, startedAt: query.receivedAt)
        if case .notYet = answer { return wait(query, envelope) }
        if case .noTenant = answer { return .reply(try await explain(query, envelope)) }
        // Nobody waits for it any more.
        if query.isExpired(at: .now) { return .reply(.error(.expired, envelope)) }
        if let entry = AnswerEntry(answer, to: question) { try await recorder.record([entry]) }
        WorkerMetrics.querySeconds.observe(ContinuousClock.now - query.receivedAt)
        return .reply(.answer(answer, envelope))
    }

    /// Why a tenant that was registered is not answered.
    private func explain(_ query: HeldQuery, _ envelope: QueryEnvelope) async throws -> QueryReplies.Reply {
        switch try await tenants.standing(of: envelope.key.tenant) {
        case .active: .error(.unavailable, envelope)
        case .suspended: .error(.tenantSuspended, envelope)
        case .unregistered: .deadLetter(query.record, .unregisteredTenant)
        }
    }

    private func isRegistered(_ envelope: QueryEnvelope) async throws -> Bool { try await tenants.isRegistered(envelope.key.tenant) }

    /// Until its expiry, or as long as is set where it has none.
    private func wait(_ query: HeldQuery, _ envelope: QueryEnvelope) -> Response {
        let pause = min(Self.shortestPause * (1 << min(query.attempts, 6)), Self.longestPause)
        let left =
            envelope.expires.map { Duration.microseconds($0.microsecondsSinceEpoch - Timestamp.now.microsecondsSinceEpoch) }
            ?? positionsWait - (ContinuousClock.now - query.receivedAt)
        return left > .zero ? .later(min(pause, left)) : .reply(.error(.notYet, envelope))
    }
}

extension AnswerEntry {
    /// Nothing where nobody was asked for: an asker that was not believed is shown nothing.
    fileprivate init?(_ answer: QueryAnswerer.Answer, to question: Question) {
        guard case .named(let user, let groups) = question.asker else { return nil }
        switch (answer, question) {
        case (.result(let result), .search(let query)): self.init(result, to: query, user: user, groups: groups)
        case (.check(let result), .check(let check)): self.init(result, to: check, user: user, groups: groups)
        case (.notYet, _), (.noTenant, _), (.result, .check), (.check, .search): return nil
        }
    }
}
