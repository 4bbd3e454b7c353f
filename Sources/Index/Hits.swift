import Contract
import Postgres

/// A passage that was found, with everything that is told of it.
package struct FoundPassage: Sendable {
    package let hit: QueryResult.Hit
    /// Its text and span with the passages around it; nothing where none were asked for.
    package let widened: Widened?

    package struct Widened: Sendable {
        package let text: String
        /// UTF-8 bytes of the extracted text, of which `text` is exactly those.
        package let span: Range<Int>
    }
}

/// Passages with their text and receipts.
enum Hits {
    static func fetch(
        _ chosen: [(passage: Passage, foundBy: [String])], neighbours: Int, _ scope: Scope, _ session: Session
    ) throws -> [FoundPassage] {
        guard !chosen.isEmpty else { return [] }
        let documents = chosen.map(\.passage.documentID)
        let fetch: [Parameter] = [
            .int4(scope.tenant), .int4(scope.generation.number), .int8Array(documents), .int4Array(chosen.map(\.passage.ordinal)), .int4(Int32(neighbours)),
        ]
        let rows = try session.pipeline(Candidates.claiming(Array(Set(documents))) + [(.hitFetch, fetch)])[2]
        return try (0..<rows.count).map { row in
            let index = Int(try rows.int32(row, 0)) - 1
            return FoundPassage(
                hit: try hit(rows, row, foundBy: chosen[index].foundBy), widened: neighbours > 0 ? try widened(rows, row) : nil)
        }
    }

    private static func widened(_ rows: Rows, _ row: Int) throws -> FoundPassage.Widened {
        FoundPassage.Widened(text: try text(rows, row, 21), span: Int(try rows.int32(row, 22))..<Int(try rows.int32(row, 23)))
    }

    private static func text(_ rows: Rows, _ row: Int, _ column: Int) throws -> String {
        String(decoding: try rows.bytes(row, column), as: UTF8.self)
    }

    private static func hit(_ rows: Rows, _ row: Int, foundBy: [String]) throws -> QueryResult.Hit {
        guard let source = SourceName(try rows.string(row, 1)), let document = Subject(try rows.string(row, 2)) else { throw IndexError.inconsistent }
        let position = RecordPosition(topic: try rows.string(row, 14), partition: try rows.int32(row, 15), offset: try rows.int64(row, 16))
        let listPosition = RecordPosition(topic: "", partition: try rows.int32(row, 18), offset: try rows.int64(row, 19))
        let receipt = QueryResult.Receipt(
            textDigest: try rows.bytes(row, 13), contentVersion: try rows.optionalInt64(row, 17).map(String.init) ?? position.version,
            permissionsVersion: try rows.optionalInt64(row, 20).map(String.init) ?? listPosition.version, position: position)
        return QueryResult.Hit(
            source: source, document: document, title: try rows.optionalString(row, 3), uri: try rows.optionalString(row, 4),
            text: try text(rows, row, 8), span: Int(try rows.int32(row, 9))..<Int(try rows.int32(row, 10)), headings: try rows.stringArray(row, 11),
            page: try rows.optionalInt32(row, 12).map(Int.init), foundBy: foundBy, language: try rows.optionalString(row, 6),
            mediaType: try rows.optionalString(row, 5), metadata: Array((try rows.optionalString(row, 7) ?? "{}").utf8), receipt: receipt)
    }
}
