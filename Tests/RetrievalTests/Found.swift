import Contract

@testable import Index

/// Passages of tests.
enum Found {
    static func passage(
        _ text: String, title: String? = nil, headings: [String] = [], widened: String? = nil, document: String = "doc"
    ) -> FoundPassage {
        let receipt = QueryResult.Receipt(
            textDigest: Array(repeating: 0, count: 32), contentVersion: "1", permissionsVersion: "1",
            position: RecordPosition(topic: "sluice.documents", partition: 0, offset: 0))
        let hit = QueryResult.Hit(
            source: SourceName("wiki")!, document: Subject(document)!, title: title, uri: nil, text: text, span: 0..<text.utf8.count, headings: headings,
            page: nil, foundBy: ["vector"], language: nil, mediaType: nil, metadata: Array("{}".utf8), receipt: receipt)
        return FoundPassage(hit: hit, widened: widened.map { FoundPassage.Widened(text: $0, span: 0..<$0.utf8.count) })
    }
}
