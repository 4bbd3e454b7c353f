import Foundation
import Index
import Postgres
import Words

/// A tenant of 180 documents with one to 23 chunks, every third of which bob alone may see; the first, which alice may see, has 2,000 chunks, and they are
/// what `query` is nearest to and best for `words`. Vectors repeat, so that there are ties.
enum ManyPassages {
    static let query: [Float] = [1, 0, 0, 0]
    static let words = "common rare"
    static let visibleDocuments = 120

    static let script = """
        insert into principal_set (tenant_id, digest) values (1, 'alice'), (1, 'bob');
        insert into access_entry (tenant_id, principal, principal_set_id, deny) values (1, 'user:alice', 1, false), (1, 'user:bob', 2, false);
        insert into access_list (tenant_id, principal_set_id) values (1, 1), (1, 2);
        insert into document (tenant_id, source, subject, fact, access_list_id, has_own_list)
            select 1, 'wiki', 'd' || i, 1, case when i % 3 = 0 then 2 else 1 end, true from generate_series(1, 180) i;
        insert into rendition (tenant_id, generation_id, document_id, state, incarnation_id, partition, record_offset, chunks)
            select 1, 1, document_id, 1, 1, 0, document_id, case when document_id = 1 then 2000 else 1 + document_id % 23 end from document;
        select setseed(0.5);
        create temp table passage as
            select r.document_id, o, case when r.document_id = 1 then array[1, o % 7 * 0.01, 0, 0]
                else array[round(random()::numeric, 1), round(random()::numeric, 1), 0.5, 0] end::real[]::halfvec(4) as vector,
                case when r.document_id = 1 then 'rare common' when o % 5 = 4 then 'else' else 'common' || repeat(' filler', o) end as words
            from rendition r cross join lateral generate_series(0, r.chunks - 1) o;
        insert into vector_pack (tenant_id, generation_id, document_id, pack, v0, v1, v2, v3, v4, v5, v6, v7, v8, v9)
            select 1, 1, document_id, o / 10, a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10]
            from (select document_id, o / 10 * 10 as o, array_agg(vector order by o) as a from passage group by 1, 2) p
        """

    /// What ingestion would have written of the passages' words.
    static func analyse(_ session: Session) throws {
        let analyzer = TermAnalyzer()
        let documents = try texts(session)
        let blobs = documents.map { analyzer.passageTerms(of: $0.passages.map { Array($0.utf8) }, language: "en") }
        _ = try session.execute(
            .passageTermsInsert,
            [.int4(1), .int4Array(documents.map { _ in 1 }), .int8Array(documents.map(\.document)), .byteaArray(blobs)])
    }

    private static func texts(_ session: Session) throws -> [(document: Int64, passages: [String])] {
        let rows = try session.query("select document_id, array_agg(words order by o) from passage group by 1 order by 1")
        return try (0..<rows.count).map { (try rows.int64($0, 0), try rows.stringArray($0, 1)) }
    }

    /// What alice should be shown by vector, as its owner sees it and without any of the tricks of the search: (document, ordinal), best first.
    static func nearest(depth: Int, perDocument: Int?) -> String {
        """
        select document_id || '/' || o from (
            select p.document_id, p.o, vector <#> '[1,0,0,0]'::halfvec as score,
                row_number() over (partition by p.document_id order by vector <#> '[1,0,0,0]'::halfvec, p.o) as place
            from passage p where p.document_id % 3 <> 0) ranked
        where place <= \(perDocument ?? .max) order by score, document_id, o limit \(depth)
        """
    }

    /// By words: the formula, word by word.
    static func best(_ session: Session, depth: Int, perDocument: Int?) throws -> [String] {
        let visible = try texts(session).filter { $0.document % 3 != 0 }
        let passages = visible.flatMap { document in
            document.passages.enumerated().map { (document: document.document, ordinal: $0.offset, words: $0.element.split(separator: " ")) }
        }
        let total = Double(passages.count)
        let average = Double(passages.reduce(0) { $0 + $1.words.count }) / total
        let weights = words.split(separator: " ").map { word in
            let frequency = Double(passages.count { $0.words.contains(word) })
            return (word, log(1 + (total - frequency + 0.5) / (frequency + 0.5)))
        }
        let parameters = BM25.standard
        let scored = passages.compactMap { passage -> (document: Int64, ordinal: Int, score: Double)? in
            let saturation = parameters.k1 * (1 - parameters.b + parameters.b * Double(passage.words.count) / average)
            let score = weights.reduce(0.0) { sum, weight in
                let frequency = Double(passage.words.count { $0 == weight.0 })
                return sum + weight.1 * frequency / (frequency + saturation)
            }
            return score > 0 ? (passage.document, passage.ordinal, score) : nil
        }.sorted { ($1.score, $0.document, $0.ordinal) < ($0.score, $1.document, $1.ordinal) }
        var taken: [Int64: Int] = [:]
        return scored.filter {
            taken[$0.document, default: 0] += 1
            return taken[$0.document, default: 0] <= perDocument ?? .max
        }.prefix(depth).map { "\($0.document)/\($0.ordinal)" }
    }
}
