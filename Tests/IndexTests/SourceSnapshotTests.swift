import Contract
import Testing

@testable import Index

/// Snapshots beside what else is done to documents: erased, put off, held to quotas, made by several generations, gone with their tenant.
@Suite(.needsDatabase) struct SourceSnapshotTests {
    private static let wiki = SourceName("wiki")!

    private static func administration(_ world: World) -> AdministrationStore {
        AdministrationStore(pool: IndexRole.admin.pool(url: world.database.url, connections: 2, applicationName: "sluice tests"), actor: "alice@desk")
    }

    /// What the registrar does with records that all name their document in a snapshot.
    @discardableResult
    private static func name(_ facts: [FactChange], in snapshot: String, _ world: World) async throws -> [VersionClock.Verdict] {
        let facts = facts.map { FactChange(name: $0.name, version: $0.version, statement: $0.statement, isNamed: true) }
        let namings = facts.map { SnapshotNaming(name: $0.name, snapshot: SnapshotID(snapshot)!, position: $0.version.position) }
        return try await world.register(facts: facts, namings: namings).facts
    }

    /// What the registrar does with a closing event, and then whoever applies snapshots.
    /// - Returns: what is told.
    @discardableResult
    private static func close(_ snapshot: String, count: Int, at offset: Int64, _ world: World) async throws -> [Outcome] {
        try await closing(snapshot, count: count, at: offset, world) + sweep(world)
    }

    private static func closing(_ snapshot: String, count: Int, at offset: Int64, _ world: World) async throws -> [Outcome] {
        let position = world.version(offset).position
        var batch = RegistrarBatch()
        let name = SnapshotName(tenant: world.tenant, source: wiki, id: SnapshotID(snapshot)!)
        batch.closings = [SnapshotClosing(snapshot: name, count: count, begunAt: nil, position: position)]
        return try await world.store.apply(batch, group: World.registrarGroup) { verdicts in
            let outcome = Outcome(
                .deferred, snapshot: verdicts.closings[0].tally, position: position.record, incarnation: position.incarnation, tenant: World.tenantID,
                recordKey: Array("acme/wiki/".utf8), correlationID: nil, trace: TraceContext(traceparent: nil, tracestate: nil))
            return [OutboxEntry(outcome: outcome, tenant: world.tenant)]
        }
    }

    private static func sweep(_ world: World) async throws -> [Outcome] {
        let policy = SnapshotPolicy(deletionLimit: 100, clockTolerance: .zero)
        let ends = [PartitionKey(incarnation: world.registrarClaim.key.incarnation, partition: 0): Int64(0)]
        var told: [Outcome] = []
        for snapshot in try await world.store.pendingSnapshots(limit: 10) {
            var subject: String? = ""
            while let after = subject {
                let (step, outcomes) = try await world.store.advance(snapshot.name, after: after, policy: policy, group: World.registrarGroup)
                told += outcomes
                switch step {
                case .rests, .isBehind: subject = nil
                case .goesOn(let next): subject = next
                case .wantsEnds(let progress): try await world.store.setBarrier(ends, of: snapshot.name, seen: progress)
                }
            }
        }
        return told
    }

    /// What each generation has a text of.
    private static func texts(_ world: World) async throws -> [String] {
        try await world.database.withSession {
            try $0.strings(
                """
                select g.name || ' ' || d.subject from rendition_content c join generation g using (generation_id) join document d using (tenant_id, document_id)
                where c.tenant_id > 0 order by 1
                """)
        }
    }

    private static func existing(_ world: World) async throws -> [String] {
        try await world.database.withSession { try $0.strings("select subject from document where fact = 1 and tenant_id > 0 order by 1") }
    }

    /// A change for which nothing new was made.
    private static func unmade(_ subject: String, _ version: EventVersion, _ text: String, _ world: World) -> RenditionChange {
        guard case .content(let digest, let facts, _) = world.content(subject, version, text).statement else { return world.content(subject, version, text) }
        return RenditionChange(name: world.name(subject), version: version, statement: .content(digest: digest, facts: facts, nil))
    }

    // MARK: erased

    @Test(arguments: [true, false])
    func `a document that a snapshot deleted and that was erased comes back by no snapshot`(hasSequence: Bool) async throws {
        try await World.with { world async throws in
            let store = Self.administration(world)
            let sequence: Int64? = hasSequence ? 5 : nil
            let version = world.version(10, sequence: sequence, value: "text")
            try await world.upsert("page", version, "text")
            #expect(try await Self.close("s1", count: 0, at: 50, world).map(\.kind) == [.deferred, .applied])
            let subject = Subject("page")!
            let erasure = try #require(
                try await store.beginErasure(of: .document(source: Self.wiki, document: subject), tenant: World.tenantID, reason: "asked to"))
            // With the sequence that is in force, as an erasure publishes it.
            try await world.register(facts: [world.deleted("page", world.version(100, sequence: sequence, isDeletion: true))])
            #expect(try await store.eraseRows(of: Self.wiki, subject, erasure).isRenamed)
            // Read from the beginning again, it was in an earlier snapshot; and named anew, it is no newer by its sequence.
            let records = hasSequence ? [("s0", Int64(11)), ("s2", 200)] : [("s0", 11)]
            for (snapshot, offset) in records {
                let version = world.version(offset, sequence: sequence, value: "text")
                #expect(try await Self.name([world.exists("page", version)], in: snapshot, world) == [.superseded])
                let peek = try await world.store.peek([world.name("page")], generation: world.generation.number)[world.name("page")]
                #expect(peek?.takes(version, isNamed: true) == false)
                let fact = FactChange(name: world.name("page"), version: version, statement: .exists(.init(container: nil, expiresAt: nil)), isNamed: true)
                #expect(try await world.index(facts: [fact], [Self.unmade("page", version, "text", world)]) == [.superseded])
            }
            // It counts all the same: the publisher has named it.
            let tally = try #require(try await Self.close(hasSequence ? "s2" : "s0", count: 1, at: 300, world).last?.snapshot)
            #expect(tally.state == (hasSequence ? .applied : .superseded) && tally.named == 1 && tally.deleted == 0)
            #expect(try await Self.existing(world) == [])
            #expect(try await Self.texts(world) == [])
            #expect(try await world.database.withSession { try $0.strings("select source from document where tenant_id > 0") } == ["$erased"])
            // What is erased and what a snapshot deleted is told nobody else.
            let events = Told<[String]>()
            events.tell([])
            _ = try await store.export(try #require(try await store.tenantRecord(World.tenantID))) { event in
                events.tell(((try? events.heard) ?? []) + [event.subject])
            }
            #expect(try events.heard == [])
        }
    }

    @Test func `a document that came back after it was erased goes with a snapshot, and comes back with the next`() async throws {
        try await World.with { world async throws in
            let store = Self.administration(world)
            try await world.register(permissions: [world.permission("page", 1, allow: ["everyone"])])
            try await world.upsert("page", world.version(10, sequence: 5), "old")
            let subject = Subject("page")!
            let erasure = try #require(
                try await store.beginErasure(of: .document(source: Self.wiki, document: subject), tenant: World.tenantID, reason: "asked to"))
            try await world.register(
                facts: [world.deleted("page", world.version(20, sequence: 5, isDeletion: true))],
                permissions: [PermissionChange(name: world.name("page"), version: world.version(21, isDeletion: true), statement: .removed)])
            #expect(try await store.eraseRows(of: Self.wiki, subject, erasure).isRenamed)
            try await world.register(permissions: [world.permission("page", 22, allow: ["everyone"])])

            // Newer, and named by a snapshot: a document again, under its name.
            let seven = world.version(30, sequence: 7, value: "new")
            #expect(try await Self.name([world.exists("page", seven)], in: "s1", world) == [.wins])
            #expect(try await world.upsert("page", seven, "new") == .indexed(chunks: 1))
            #expect(try await Self.close("s1", count: 1, at: 31, world).last?.kind == .applied)
            #expect(try await world.visible(["page"], to: ["everyone"]) == [true])

            try await Self.close("s2", count: 0, at: 40, world)
            #expect(try await world.visible(["page"], to: ["everyone"]) == [false])
            #expect(try await Self.texts(world) == [])
            let again = world.version(50, sequence: 7, value: "new")
            let peek = try #require(try await world.store.peek([world.name("page")], generation: world.generation.number).values.first)
            #expect(!peek.takes(again) && peek.takes(again, isNamed: true) && peek.takes(world.version(51, sequence: 8)))
            #expect(!peek.takes(seven, isNamed: true) && !peek.takes(world.version(10, sequence: 5), isNamed: true))
            #expect(try await Self.name([world.exists("page", again)], in: "s3", world) == [.wins])
            // What was erased is still not kept, whoever comes to it now.
            #expect(try await world.upsert("page", world.version(10, sequence: 5), "old") == nil)
            #expect(try await world.upsert("page", again, "new") == .indexed(chunks: 1))
            #expect(try await world.visible(["page"], to: ["everyone"]) == [true])
        }
    }

    // MARK: deleted by the source as well

    @Test func `what is published beside a snapshot under its old sequence is not missing from it`() async throws {
        try await World.with { world async throws in
            for (subject, offset) in [("named", 1), ("again", 2), ("gone", 3)] as [(String, Int64)] {
                try await world.register(facts: [world.exists(subject, world.version(offset, sequence: 5))])
            }
            try await Self.name([world.exists("named", world.version(10, sequence: 5))], in: "s1", world)
            try await world.register(facts: [world.exists("again", world.version(20, sequence: 5))])
            try await Self.close("s1", count: 1, at: 30, world)
            #expect(try await Self.existing(world) == ["again", "named"])
        }
    }

    @Test func `after a snapshot's deletion a sequence takes over from nothing newer, and comes back whatever came late`() async throws {
        try await World.with { world async throws in
            func make(_ offset: Int64, sequence: Int64? = nil) async throws -> RenditionVerdict? {
                let version = world.version(offset, sequence: sequence, value: sequence.map { "\($0)" } ?? "none")
                return try await world.upsert("d", version, "words of \(version.sequence?.value ?? 0)")
            }
            func deletes(_ snapshot: String, at offset: Int64) async throws {
                try await Self.name([world.exists("other", world.version(offset, sequence: offset))], in: snapshot, world)
                try await Self.close(snapshot, count: 1, at: offset + 1, world)
                #expect(try await Self.existing(world) == ["other"])
            }
            #expect(try await make(1, sequence: 5) == .indexed(chunks: 1))
            try await deletes("s1", at: 10)
            // Not numbered: it is in force, and shown, and the number before it is older.
            #expect(try await make(20) == .indexed(chunks: 1))
            #expect(try await make(21, sequence: 5) == .superseded)
            #expect(try await make(22, sequence: 6) == .indexed(chunks: 1))
            try await deletes("s2", at: 30)
            // Something older comes late, and then a snapshot names what it was.
            _ = try await make(40, sequence: 4)
            let named = world.exists("d", world.version(41, sequence: 6, value: "6"))
            #expect(try await Self.name([named], in: "s3", world) == [.wins])
            #expect(try await make(41, sequence: 6) == .indexed(chunks: 1))
        }
    }

    @Test func `a deletion of what a snapshot deleted hides what it would have hidden`() async throws {
        try await World.with { world async throws in
            try await world.register(permissions: [world.permission("page", 1, allow: ["everyone"]), world.permission("other", 1, allow: ["everyone"])])
            for subject in ["page", "other"] { try await world.upsert(subject, world.version(10, sequence: 5, value: "text"), "text") }
            try await Self.close("s1", count: 0, at: 50, world)
            // By the same sequence: no snapshot brings it back.
            let verdicts = try await world.register(facts: [world.deleted("other", world.version(60, sequence: 5, isDeletion: true))])
            #expect(verdicts.facts == [.wins] && verdicts.wasDeleted == [true])
            #expect(try await Self.name([world.exists("other", world.version(61, sequence: 5, value: "text"))], in: "s2", world) == [.superseded])
            // By a higher one: a generation that has come to the version it deleted, and not to the next, shows nothing.
            try await world.register(
                facts: [
                    world.exists("page", world.version(70, sequence: 6)), world.deleted("page", world.version(71, sequence: 6, isDeletion: true)),
                    world.exists("page", world.version(72, sequence: 7)),
                ])
            #expect(try await world.upsert("page", world.version(70, sequence: 6), "between") == .indexed(chunks: 1))
            #expect(try await world.visible(["page", "other"], to: ["everyone"]) == [false, false])
            #expect(try await world.upsert("page", world.version(72, sequence: 7), "after") == .indexed(chunks: 1))
            #expect(try await world.visible(["page", "other"], to: ["everyone"]) == [true, false])
        }
    }

    // MARK: generations

    @Test func `every generation loses what a snapshot deletes, and it is told once`() async throws {
        try await World.with { world async throws in
            try await Self.administration(world).createGeneration(
                name: "g2", embeddingSpace: "space", dimension: World.dimension, chunker: "chunker", parser: "parser")
            let built = try #require(try await world.store.generations().last)
            #expect(built.name == "g2" && !built.isLive)
            func build(_ subject: String, _ version: EventVersion, _ content: RenditionChange? = nil) async throws -> RenditionVerdict? {
                var batch = GenerationBatch()
                batch.facts = [world.exists(subject, version)]
                batch.renditions = [content ?? world.content(subject, version, subject)]
                let told = Told<[RenditionVerdict]>()
                let written = try await world.store.apply(batch, generation: built, group: built.group) { verdicts, _ in
                    told.tell(verdicts)
                    return []
                }
                return written == nil ? nil : try told.heard.first
            }
            for (offset, subject) in ["kept", "gone", "late"].enumerated() {
                try await world.upsert(subject, world.version(Int64(offset)), subject)
                if subject != "late" { #expect(try await build(subject, world.version(Int64(offset))) == .indexed(chunks: 1)) }
            }
            #expect(try await Self.texts(world) == ["g1 gone", "g1 kept", "g1 late", "g2 gone", "g2 kept"])
            try await Self.name([world.exists("kept", world.version(10))], in: "s1", world)
            let outcomes = try await Self.close("s1", count: 1, at: 11, world)
            #expect(outcomes.map(\.kind) == [.deferred, .applied] && outcomes.last?.snapshot?.deleted == 2)
            #expect(try await Self.texts(world) == ["g1 kept", "g2 kept"])
            // The one that is built comes to a record from before: it makes nothing of it, nor keeps what was made.
            let name = world.name("late")
            #expect(try await world.store.peek([name], generation: built.number)[name]?.takes(world.version(2)) == false)
            #expect(try await build("late", world.version(2), Self.unmade("late", world.version(2), "late", world)) == .superseded)
            #expect(try await build("late", world.version(2)) == .superseded)
            #expect(try await Self.texts(world) == ["g1 kept", "g2 kept"])
            #expect(try await Self.sweep(world).isEmpty)
            let rows = try await world.database.withSession {
                try $0.strings("select concat_ws(' ', consumer_group, record_offset, outcome, speaks) from outcome where snapshot is not null")
            }
            #expect(rows == ["\(World.registrarGroup) 11 applied t"])
        }
    }

    // MARK: tenants

    @Test func `what a snapshot deletes gives room back`() async throws {
        try await World.with { world async throws in
            let store = Self.administration(world)
            let tenant = try #require(try await store.tenantRecord(World.tenantID))
            _ = try await store.setQuota(TenantQuota(documents: 2, bytes: 10), of: tenant, reason: nil)
            for (offset, subject) in ["a", "b"].enumerated() { try await world.upsert(subject, world.version(Int64(offset)), "12345") }
            await #expect(throws: QuotaExceeded.self) { try await world.upsert("c", world.version(3), "12345") }
            try await Self.name([world.exists("a", world.version(10))], in: "s1", world)
            try await Self.close("s1", count: 1, at: 11, world)
            let usage = "select concat_ws(' ', documents, bytes) from tenant_usage"
            #expect(try await world.database.withSession { try $0.strings(usage) } == ["1 5"])
            #expect(try await world.upsert("c", world.version(12), "12345") == .indexed(chunks: 1))
            #expect(try await world.database.withSession { try $0.strings(usage) } == ["2 10"])
        }
    }

    @Test func `snapshots of a paused source and of a suspended tenant are applied, and what waits ends`() async throws {
        try await World.with { world async throws in
            let store = Self.administration(world)
            #expect(try await store.pause(Self.wiki, of: World.tenantID, reason: "migration"))
            #expect(try await store.suspend(World.tenantID, reason: "unpaid"))
            try await world.upsert("a", world.version(1), "words")
            let record = InboundRecord(
                position: world.version(2).position.record, timestampMilliseconds: 2, key: Array("acme/wiki/waits".utf8), value: Array("{}".utf8), headers: [])
            let waiting = RenditionChange(
                name: world.name("waits"), version: world.version(2),
                statement: .deferred(
                    Deferral(
                        record: record, incarnation: world.registrarClaim.key.incarnation, cause: .source, host: nil, reason: "paused", delay: .seconds(1 << 30)
                    )))
            #expect(try await world.indexing(facts: [world.exists("waits", world.version(2))], [waiting])?.verdicts == [.deferred])
            let outcomes = try await Self.close("s1", count: 0, at: 10, world)
            #expect(outcomes.last?.kind == .applied && outcomes.last?.snapshot?.deleted == 2)
            #expect(try await Self.existing(world) == [])
            #expect(try await Self.texts(world) == [])

            #expect(try await store.resume(Self.wiki, of: World.tenantID, reason: "done") == 1)
            let due = try #require(try await world.store.leaseDeferred(world.generation.number, limit: 9, for: .seconds(60)).first)
            let version = EventVersion(sequence: nil, position: world.version(2).position, digest: world.version(2, value: "{}").digest, isDeletion: false)
            let name = world.name("waits")
            #expect(try await world.store.peek([name], generation: world.generation.number)[name]?.takes(version) == false)
            let ended = try await world.indexing(
                facts: [world.exists("waits", version)], [Self.unmade("waits", version, "words", world)], leases: [name: try #require(due.lease)])
            #expect(ended?.verdicts == [.superseded])
            #expect(try await world.database.withSession { try $0.strings("select reason from deferred") } == [])
        }
    }

    @Test func `nobody writes to a snapshot of a tenant that is deleted`() async throws {
        try await World.with { world async throws in
            let store = Self.administration(world)
            try await world.upsert("a", world.version(1), "words")
            #expect(try await Self.closing("s1", count: 0, at: 10, world).map(\.kind) == [.deferred])
            let pending = try #require(try await world.store.pendingSnapshots(limit: 9).first)
            #expect(try await store.beginDeletion(of: World.tenantID, reason: "contract ended"))
            #expect(try await world.store.pendingSnapshots(limit: 9).isEmpty)
            let policy = SnapshotPolicy(deletionLimit: 100, clockTolerance: .zero)
            await #expect(throws: IndexError.tenantGone) {
                _ = try await world.store.advance(pending.name, after: "", policy: policy, group: World.registrarGroup)
            }
            await #expect(throws: IndexError.tenantGone) { try await world.store.setBarrier([:], of: pending.name, seen: SnapshotProgress()) }
            await #expect(throws: IndexError.tenantGone) { _ = try await Self.closing("s2", count: 0, at: 11, world) }
            let naming = SnapshotNaming(name: world.name("a"), snapshot: SnapshotID("s3")!, position: world.version(12).position)
            await #expect(throws: IndexError.tenantGone) { try await world.register(namings: [naming]) }
            #expect(try await Self.existing(world) == ["a"])
        }
    }
}
