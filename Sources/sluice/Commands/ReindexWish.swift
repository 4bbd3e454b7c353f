import Administration
import Configuration
import Contract
import Embedding
import Index
import Kafka
import Preparation

/// What a reindex is to be made of, as it was asked for.
struct ReindexWish {
    private enum Source: String, CaseIterable { case topics, stored }

    let source: ReindexSource
    /// Where in the topics, as it was asked for; nothing: where they do.
    let begins: String?
    let tenant: TenantID?

    /// - Throws: `UsageError`.
    init(_ arguments: ParsedArguments) throws {
        let text = try arguments.required("from")
        let from = try Self.start(text)
        begins = from == .beginning ? nil : text
        switch try arguments.choice("source", as: Source.self) ?? .topics {
        case .topics: source = .topics(from)
        case .stored:
            guard from == .beginning else { throw UsageError("--from is for --source topics: what is stored has no beginning") }
            source = .stored
        }
        tenant = try arguments.value("tenant") == nil ? nil : arguments.tenant()
    }

    /// - Throws: `ClientError` where one is under way that is another one.
    func check(_ running: Reindex) throws {
        let isSame =
            switch source {
            case .stored: running.source != nil
            case .topics: begins == nil || begins == running.begins
            }
        guard isSame, tenant == nil || tenant == running.onlyTenant else {
            throw ClientError(
                "another reindex into \(running.name) is under way: `sluice reindex --into \(running.name)` joins it, --cancel gives it up")
        }
    }

    /// - Throws: `ClientError` where the generation is there, and is another tenant's, or everybody's.
    func check(_ generation: GenerationOverview?) throws {
        guard let generation, let tenant, generation.onlyTenant != tenant else { return }
        throw ClientError(
            "\(generation.generation.name) is there already, and is \(generation.onlyTenant.map { "\($0)'s" } ?? "everybody's"): name another generation")
    }

    func question(_ plan: ReindexPlan, into name: String) -> String {
        guard let from = plan.source else { return "Reindex \(plan.records) records into \(name)?" }
        return "Reindex \(plan.documents) documents of \(from.name), and \(plan.records) records, into \(name)?"
    }

    private static func start(_ text: String) throws -> ReindexStart {
        if text == "beginning" { return .beginning }
        if let time = Timestamp(moment: text, now: .now) { return .time(time) }
        var offsets: [KafkaTopicPartition: Int64] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, let partition = Int32(sides[0]), let offset = Int64(sides[1]), partition >= 0, offset >= 0 else {
                throw UsageError("--from takes beginning, a time such as 2026-03-01T09:00:00Z or 7d, or offsets such as 0=100,1=250")
            }
            offsets[KafkaTopicPartition(topic: InputTopic.documents.rawValue, partition: partition)] = offset
        }
        return .offsets(offsets)
    }
}

/// What there is to do: a count, and what it may come to at most.
struct ReindexEstimate {
    private let plan: ReindexPlan
    private let wish: ReindexWish
    private let model: any EmbeddingModel
    private let chunking: ChunkerConfiguration
    private let rate: Int?
    private let price: Double
    private let capacity: Int?

    init(_ plan: ReindexPlan, _ wish: ReindexWish, into generation: Generation?, _ arguments: ParsedArguments, _ runtime: Runtime) throws {
        self.plan = plan
        self.wish = wish
        let models = try runtime.models()
        model = generation.flatMap { models[$0.embeddingSpace] } ?? models.first
        chunking = try generation.flatMap { ChunkerConfiguration(identifier: $0.chunker) } ?? runtime.chunkerConfiguration()
        rate = try arguments.integer("rate", in: 1...1_000_000)
        price = try runtime.configuration.value(of: Settings.embeddingPrice)
        capacity = try runtime.configuration.optionalValue(of: Settings.databaseCapacity)
    }

    /// - Throws: `ClientError` where the database has no room for it.
    func write() async throws {
        let tokens = Int(plan.chunks) * chunking.maximumTokens
        let whose = wish.tenant.map { " of \($0)" } ?? ""
        Terminal.write(
            "\(plan.records) records in \(plan.extents.count) partitions; the live generation has \(plan.documents) documents\(whose) in \(plan.chunks) chunks\n"
        )
        if let source = plan.source {
            Terminal.write(
                "the texts of \(source.name) are divided and embedded anew, and not parsed: they stay as \(source.parser) has read them; then the topics, from "
                    + "where \(source.name) has come to\n")
        } else if wish.source != .topics(.beginning) {
            Terminal.write("documents that were published before this begins, and not since, will be missing: `sluice generation diff` counts them\n")
        }
        let cost = price > 0 ? ", at a price of \(Int((Double(tokens) / 1_000_000 * price).rounded(.up))) by SLUICE_EMBEDDING_PRICE" : ""
        Terminal.write("at most about \(tokens) tokens to embed\(cost); what a cache of the same embedding space holds is not embedded again\n")
        let speed = try await passagesPerSecond()
        var seconds = Double(plan.chunks) / speed
        if let rate { seconds = max(seconds, Double(plan.documents) / Double(rate)) }
        Terminal.write("this process embeds some \(Int(speed)) passages a second: at most about \(Self.hours(seconds)), less with more processes\n")
        Terminal.write(
            "about \(plan.bytes >> 20) MiB more in a database of \(plan.databaseBytes >> 20) MiB"
                + (capacity == nil ? "; whether there is room it cannot tell: SLUICE_DATABASE_CAPACITY says how large it may become" : "") + "\n")
        for gap in plan.gaps {
            let place = "\(gap.partition.topic)/\(gap.partition.partition)"
            if let wanted = gap.wanted {
                Terminal.writeError("\(place): offsets \(wanted) to \(gap.first - 1) are gone: retention has passed\n")
            } else {
                Terminal.writeError("\(place): begins at offset \(gap.first), which was published since then: what came before it is gone\n")
            }
        }
        guard let capacity, plan.databaseBytes + plan.bytes > capacity else { return }
        throw ClientError(
            "the disk is nearly full: SLUICE_DATABASE_CAPACITY allows \(capacity >> 20) MiB; make room (`sluice generation drop` of one that is kept), or allow more"
        )
    }

    private static func hours(_ seconds: Double) -> String {
        seconds < 120 ? "\(Int(seconds.rounded(.up))) s" : seconds < 7200 ? "\(Int(seconds / 60)) min" : "\(Int(seconds / 3600)) h"
    }

    /// Of texts that fill a chunk.
    private func passagesPerSecond() async throws -> Double {
        let text = Array(Array(repeating: "word", count: chunking.maximumTokens).joined(separator: " ").utf8)
        let texts = Array(repeating: text, count: 16)
        let start = ContinuousClock.now
        _ = try await model.embed(texts, for: .passage)
        return Double(texts.count) / max((ContinuousClock.now - start) / .seconds(1), 1e-6)
    }
}
