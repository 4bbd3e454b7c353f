import Contract
import Postgres

/// A filter as the index knows it: what is true of a document is a lexeme, and a filter a conjunction of alternatives of them (`rendition_facets`).
enum Filters {
    /// The documents the asker is shown that match, in no order.
    ///
    /// - Precondition: `filter` could match something.
    static func documents(_ filter: QueryFilter, _ session: Session) throws -> [Int64] {
        let values = conditions(of: filter).enumerated().flatMap { index, condition in
            condition.values.map { (condition: Int32(index), kind: condition.kind, value: $0.json) }
        }
        _ = try session.execute(
            .claimFilter, [.int4Array(values.map(\.condition)), .textArray(values.map(\.kind)), .jsonbArray(values.map(\.value))])
        let rows = try session.execute(.filterDocuments, [.timestamptz(microseconds: filter.modifiedAfter?.microsecondsSinceEpoch)])
        return try rows.int64Array(0, 0)
    }

    /// Kinds are those of the function `facet`; tags are a member of the metadata like any other.
    private static func conditions(of filter: QueryFilter) -> [(kind: String, values: [QueryFilter.Value])] {
        let texts = [
            ("source", filter.source), ("container", filter.container), ("mediaType", filter.mediaType), ("language", filter.language),
            ("metadata.tags", filter.tags),
        ]
        return texts.compactMap { kind, values in values.map { (kind, $0.map(QueryFilter.Value.string)) } }
            + filter.metadata.map { ("metadata." + $0.name, $0.values) }
    }
}

extension QueryFilter.Value {
    fileprivate var json: [UInt8] {
        switch self {
        case .string(let text):
            var json = JSONWriter()
            json.value(text)
            return json.bytes
        case .bool(let bool): return Array((bool ? "true" : "false").utf8)
        case .number(let digits): return Array(digits.utf8)
        }
    }
}
