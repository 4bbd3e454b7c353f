import Contract
import Digest

/// Writes down who was shown what, before it is shown.
package protocol AnswerRecorder: Sendable {
    /// Returns once the entries are committed; only then may the answers leave.
    ///
    /// - Throws: where they could not be written: the answers must not leave, and their askers are told `unavailable`.
    func record(_ entries: [AnswerEntry]) async throws
}

/// A document that an answer showed.
package struct ShownDocument: Hashable, Sendable {
    package let source: String
    package let document: String
    /// The parts of its extracted text that were shown, in bytes; none for an access check, which shows that it may be seen.
    package let spans: [Range<Int>]
    /// As receipts have them; nothing for an access check.
    package let contentVersion: String?
    package let permissionsVersion: String?

    package init(source: String, document: String, spans: [Range<Int>] = [], contentVersion: String? = nil, permissionsVersion: String? = nil) {
        self.source = source
        self.document = document
        self.spans = spans
        self.contentVersion = contentVersion
        self.permissionsVersion = permissionsVersion
    }

    /// What a document is looked up by: the first eight bytes of the SHA-256 of `source/document`.
    static func digest(source: String, document: String) -> Int64 {
        SHA256.hash(Array("\(source)/\(document)".utf8)).prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }
}

/// One answer, and whom it goes to: a line of the log before it is written. It holds no text of a document, and the question's own only to be kept apart.
package struct AnswerEntry: Sendable {
    /// Whose question it was: the query's tenant, source and id.
    package let query: QueryKey
    package let kind: QueryEnvelope.Kind
    /// As the credential proves it, or as it is believed.
    package let user: Principal
    package let groups: [Principal]
    package let status: QueryStatus
    package let mode: Query.Mode?
    package let generation: String?
    package let shown: [ShownDocument]
    /// What was asked; kept only where the operator wants it.
    package let text: String?

    package init(
        query: QueryKey, kind: QueryEnvelope.Kind, user: Principal, groups: [Principal], status: QueryStatus, mode: Query.Mode? = nil,
        generation: String? = nil, shown: [ShownDocument], text: String? = nil
    ) {
        self.query = query
        self.kind = kind
        self.user = user
        self.groups = groups
        self.status = status
        self.mode = mode
        self.generation = generation
        self.shown = shown
        self.text = text
    }

    /// The answer to a query; the passages of one document are one entry of what was shown.
    package init(_ result: QueryResult, to query: Query, user: Principal, groups: [Principal]) {
        var shown: [ShownDocument] = []
        var generation: String?
        if case .ok(let answer) = result {
            generation = answer.generation
            var places: [[String]: Int] = [:]
            for hit in answer.hits {
                let receipt = hit.receipt
                let place = places[[hit.source.text, hit.document.text]] ?? shown.count
                let earlier = place < shown.count ? shown[place].spans : []
                let document = ShownDocument(
                    source: hit.source.text, document: hit.document.text, spans: earlier + [hit.span], contentVersion: receipt.contentVersion,
                    permissionsVersion: receipt.permissionsVersion)
                if place < shown.count { shown[place] = document } else { shown.append(document) }
                places[[hit.source.text, hit.document.text]] = place
            }
        }
        self.init(
            query: query.envelope.key, kind: .query, user: user, groups: groups, status: result.status, mode: query.mode, generation: generation, shown: shown,
            text: query.text)
    }

    /// The answer to an access check: it shows which documents may be seen.
    package init(_ result: AccessCheckResult, to check: AccessCheck, user: Principal, groups: [Principal]) {
        var shown: [ShownDocument] = []
        var status = QueryStatus.ok
        switch result {
        case .ok(let visible):
            for (key, isVisible) in zip(check.documents, visible) where isVisible {
                if let key { shown.append(ShownDocument(source: key.source.text, document: key.subject.text)) }
            }
        case .error(let error): status = error.status
        }
        self.init(query: check.envelope.key, kind: .accessCheck, user: user, groups: groups, status: status, shown: shown)
    }

    /// JSON, in one form; what the line's hash is made of, and what audits read back.
    ///
    /// - Parameter textDigest: of salt and text, where the text is kept.
    func detail(textDigest: [UInt8]?) -> [UInt8] {
        var json = JSONWriter(reservingBytes: 256 + 128 * shown.count)
        json.object {
            $0.member("kind", kind == .query ? "query" : "accessCheck")
            $0.member("source", query.source)
            $0.member("id", query.id)
            $0.member("status", status.rawValue)
            if let mode { $0.member("mode", mode.rawValue) }
            if let generation { $0.member("generation", generation) }
            $0.member("groups", groups.count)
            if !groups.isEmpty { $0.member("groupsDigest", hexEncoded(groupsDigest)) }
            $0.member("shown") { $0.array(shown) { $1.write(to: &$0) } }
            if let textDigest { $0.member("textDigest", hexEncoded(textDigest)) }
        }
        return json.bytes
    }

    /// Of the sorted names: the same groups in any order. U+0000 separates, since no principal holds it.
    private var groupsDigest: [UInt8] {
        SHA256.hash(groups.sorted().flatMap { Array($0.text.utf8) + [0] })
    }
}

extension ShownDocument {
    fileprivate func write(to json: inout JSONWriter) {
        json.object {
            $0.member("source", source)
            $0.member("document", document)
            if !spans.isEmpty {
                $0.member("spans") {
                    $0.array(spans) { json, span in
                        json.array([span.lowerBound, span.upperBound]) { $0.value($1) }
                    }
                }
            }
            if let contentVersion { $0.member("content", contentVersion) }
            if let permissionsVersion { $0.member("permissions", permissionsVersion) }
        }
    }

    /// Nothing where the line was altered into something else.
    init?(_ json: JSON) {
        guard let object = json.object, let source = object["source"]?.string, let document = object["document"]?.string else { return nil }
        let spans = (object["spans"]?.array ?? []).compactMap { pair -> Range<Int>? in
            guard let bounds = pair.array?.compactMap(\.integer), bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
            return bounds[0]..<bounds[1]
        }
        self.init(
            source: source, document: document, spans: spans, contentVersion: object["content"]?.string, permissionsVersion: object["permissions"]?.string)
    }
}
