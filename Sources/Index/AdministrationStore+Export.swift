import Contract
import Postgres

/// A whole state of a tenant, as an event that brings it about again.
package struct ExportedEvent: Sendable {
    package let type: EventType
    package let source: String
    package let subject: String
    package let sequence: SequenceNumber?
    /// A JSON object; nothing: a tombstone.
    package let data: [UInt8]?
    /// Its record could not be read and closed a group: so will this one.
    package let closes: Bool
}

extension AdministrationStore {
    /// What an export came to.
    package struct Exported: Sendable, Hashable {
        package var events = 0
        /// Documents that exist, and could not be told whole.
        package var withheld = 0
    }

    /// Tells a tenant's states as of one moment: memberships, permissions, then documents.
    ///
    /// - Parameter body: called in order, on the session's own thread: what it takes, the snapshot is held for.
    package func export(_ tenant: TenantRecord, _ body: @escaping @Sendable (ExportedEvent) throws -> Void) async throws -> Exported {
        try await snapshot { session in
            let export = TenantExport(tenant: tenant.number, session: session, body: body)
            var exported = Exported()
            exported.events += try export.memberships()
            exported.events += try export.permissions()
            let documents = try export.documents()
            exported.events += documents.events
            exported.withheld = documents.withheld
            return exported
        }
    }
}

/// Reads page by page, so that no statement outlasts its time, and row by row, so that it takes the memory of one.
private struct TenantExport {
    let tenant: TenantNumber
    let session: Session
    let body: (ExportedEvent) throws -> Void

    private static let pageRows: Int32 = 100

    /// - Parameter row: of the page; returns what the next page begins after.
    private func pages(_ statement: Statement, from start: Parameter, _ row: (Rows) throws -> Parameter) throws {
        var (last, isMore) = (start, true)
        while isMore {
            var count: Int32 = 0
            try session.stream(statement, [.int4(tenant.value), last, .int4(Self.pageRows)]) { rows in
                last = try row(rows)
                count += 1
            }
            isMore = count == Self.pageRows
        }
    }

    func memberships() throws -> Int {
        var events = 0
        try pages(.exportMemberships, from: .text("")) { rows in
            let principal = try rows.string(0, 0)
            // group:source/name
            let name = principal.dropFirst("group:".count)
            guard let slash = name.firstIndex(of: "/") else { throw IndexError.inconsistent }
            let state = try rows.int16(0, 1)
            let isClosed = state == Memberships.closedState
            var json = JSONWriter()
            let members = try rows.stringArray(0, 3)
            json.object { object in
                if !isClosed { object.member("members") { $0.array(members) { $0.value($1) } } }
            }
            try body(
                ExportedEvent(
                    type: .groupChanged, source: String(name[..<slash]), subject: String(name[name.index(after: slash)...]),
                    sequence: try rows.optionalInt64(0, 2).map(SequenceNumber.init), data: state == 2 ? nil : json.bytes, closes: isClosed))
            events += 1
            return .text(principal)
        }
        return events
    }

    func permissions() throws -> Int {
        var events = 0
        try pages(.exportPermissions, from: .int8(.min)) { rows in
            let state = EntryRecord.State(rawValue: try rows.int16(0, 3))
            let (parent, hasList) = (try rows.optionalString(0, 5), try rows.bool(0, 6))
            let (allow, deny) = (try rows.stringArray(0, 7), try rows.stringArray(0, 8))
            var json = JSONWriter()
            json.object { object in
                // One that could not be read is closed to everybody, as a list of nobody is.
                if hasList || state == .unreadable {
                    object.member("allow") { $0.array(allow) { $0.value($1) } }
                    object.member("deny") { $0.array(deny) { $0.value($1) } }
                }
                if let parent { object.member("parent", parent) }
            }
            try body(
                ExportedEvent(
                    type: .permissionsChanged, source: try rows.string(0, 1), subject: try rows.string(0, 2),
                    sequence: try rows.optionalInt64(0, 4).map(SequenceNumber.init), data: state == .removed ? nil : json.bytes, closes: false))
            events += 1
            return .int8(try rows.int64(0, 0))
        }
        return events
    }

    func documents() throws -> (events: Int, withheld: Int) {
        var (events, withheld) = (0, 0)
        try pages(.exportDocuments, from: .int8(.min)) { rows in
            let last = Parameter.int8(try rows.int64(0, 0))
            let kind = try rows.int32(0, 3)
            guard kind > 0 else {
                withheld += 1
                return last
            }
            let isDeletion = kind == 2
            try body(
                ExportedEvent(
                    type: isDeletion ? .documentDeleted : .documentUpserted, source: try rows.string(0, 1), subject: try rows.string(0, 2),
                    sequence: try rows.optionalInt64(0, 4).map(SequenceNumber.init), data: isDeletion ? nil : try document(rows), closes: false))
            events += 1
            return last
        }
        return (events, withheld)
    }

    /// The extracted text, as plain text that says what it was extracted from.
    private func document(_ rows: Rows) throws -> [UInt8] {
        let body = try rows.bytes(0, 13)
        let (mediaType, metadata) = (try rows.string(0, 9), try rows.optionalString(0, 12))
        let texts: [(String, String?)] = [
            ("extractedFrom", mediaType == Self.plainText ? nil : mediaType), ("title", try rows.optionalString(0, 7)), ("uri", try rows.optionalString(0, 8)),
            ("container", try rows.optionalString(0, 5)), ("language", try rows.optionalString(0, 10)), ("modifiedAt", try rows.moment(0, 11)?.rfc3339),
            ("expiresAt", try rows.moment(0, 6)?.rfc3339),
        ]
        var json = JSONWriter(reservingBytes: body.count + 1024)
        json.object { object in
            object.member("text", String(decoding: body, as: UTF8.self))
            object.member("mediaType", Self.plainText)
            for case (let name, let value?) in texts { object.member(name, value) }
            if let metadata { object.member("metadata") { $0.value(verbatim: Array(metadata.utf8)) } }
        }
        return json.bytes
    }

    private static let plainText = "text/plain"
}
