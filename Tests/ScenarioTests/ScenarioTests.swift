import Contract
import Foundation
import Kafka
import Testing

/// The tables of Tests/Scenarios, on the real broker and database, through the workers themselves.
@Suite(.needsStack, .runningWorkers) struct ScenarioTests {
    @Test(arguments: try Scenario.all())
    func `every row of the table holds`(_ scenario: Scenario) async throws {
        let workers = try #require(Workers.running)
        var last: KafkaMessage?
        var closings: [String: Mailbox.Address] = [:]
        for (number, row) in scenario.rows.enumerated() {
            let location = SourceLocation(fileID: "ScenarioTests/\(scenario.file)", filePath: scenario.path, line: row.line, column: 1)
            let id = "\(scenario.source)-\(number)-\(UUID())"
            if let message = row.event.message(tenant: workers.tenant, source: scenario.source, id: id) { last = message }
            switch row.event {
            case .nothing: break
            case .awaiting(let snapshot):
                let closing = try #require(closings[snapshot], "there is no such snapshot", sourceLocation: location)
                #expect(try await workers.mailbox.read(closing)["outcome"]?.string == row.outcome, sourceLocation: location)
            default:
                let message = try #require(last, "there is no record to publish again", sourceLocation: location)
                let (outcome, address) = try await workers.publish(message, id: id, until: row.outcome)
                if case .closing(let snapshot, _) = row.event { closings[snapshot] = address }
                if let expected = row.outcome {
                    #expect(outcome == expected, sourceLocation: location)
                } else {
                    #expect(RejectionCode(rawValue: outcome) == nil, sourceLocation: location)
                }
            }
            let seen = try await workers.look(scenario, row)
            for (column, (expected, found)) in zip(scenario.columns, zip(row.cells, seen)) where expected != .unasked {
                #expect(found == expected, "\(column.user) \(column.groups) at \(column.document)", sourceLocation: location)
            }
        }
    }
}

extension Workers {
    /// - Parameter told: `deferred` and `waiting` are told before a record's end, which is not waited for then.
    /// - Returns: the record's outcome, or the code it was refused with, and where its end is told; of a question, its status.
    fileprivate func publish(_ message: KafkaMessage, id: String, until told: String?) async throws -> (outcome: String, end: Mailbox.Address) {
        let (partition, offset) = try await producer.send(message)
        if message.topic == InputTopic.queries.rawValue { return (try await mailbox.read(.result(id))["status"]?.string ?? "", .result(id)) }
        let address = (topic: message.topic, partition: partition, offset: offset)
        let end = Mailbox.Address.outcome(topic: address.topic, partition: address.partition, offset: address.offset)
        var outcome = "rejected"
        var code: String?
        // Only a tenant's records have outcomes; what has none is at least a dead letter.
        if message.key?.starts(with: "\(tenant)/".utf8) == true {
            let isEarly = told == "deferred" || told == "waiting"
            let before = Mailbox.Address.deferral(
                topic: address.topic, partition: address.partition, offset: address.offset, isWaiting: told == "waiting")
            let letter = try await mailbox.read(isEarly ? before : end)
            outcome = isEarly ? told ?? "" : letter["outcome"]?.string ?? ""
            code = letter["code"]?.string
        }
        guard outcome == "rejected" else { return (outcome, end) }
        let dead = try await mailbox.read(.deadLetter(topic: address.topic, partition: address.partition, offset: address.offset)).string ?? ""
        #expect(code == nil || code == dead, "outcome and dead letter tell the same")
        return (dead, end)
    }

    /// What each column is shown: by an access check, and where a cell asks for the text by a search for it.
    fileprivate func look(_ scenario: Scenario, _ row: Scenario.Row) async throws -> [Scenario.Cell] {
        var questions: [KafkaMessage] = []
        var ids: [String?] = []
        for (column, cell) in zip(scenario.columns, row.cells) {
            guard cell != .unasked else {
                ids.append(nil)
                continue
            }
            let id = UUID().uuidString
            ids.append(id)
            if case .shows(let text) = cell {
                questions.append(.search(text, user: column.user, groups: column.groups, tenant: tenant, source: scenario.source, id: id))
            } else {
                questions.append(
                    .accessCheck(
                        user: column.user, groups: column.groups, documents: [column.document], tenant: tenant, source: scenario.source, id: id))
            }
        }
        _ = try await producer.send(questions)
        var cells: [Scenario.Cell] = []
        for (column, id) in zip(scenario.columns, ids) {
            guard let id else {
                cells.append(.unasked)
                continue
            }
            let answer = try await mailbox.read(.result(id))
            #expect(answer["status"]?.string == "ok")
            if let hits = answer["hits"]?.array {
                let hit = hits.first { $0["source"]?.string == scenario.source && $0["document"]?.string == column.document }
                cells.append(hit?["text"]?.string.map(Scenario.Cell.shows) ?? .hidden)
            } else {
                cells.append(answer["visible"]?.array?.first?.bool == true ? .visible : .hidden)
            }
        }
        return cells
    }
}
