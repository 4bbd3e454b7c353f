/// The answer to a query: hits, or an error; never both.
package enum QueryResult: Sendable, Hashable {
    case ok(Answer)
    case error(QueryError)

    package struct Answer: Sendable, Hashable {
        package let mode: Query.Mode
        package let generation: String
        /// More would have matched than the record can hold.
        package let truncated: Bool
        /// In rank order.
        package let hits: [Hit]
        /// Made only on request.
        package let context: String?
        /// A plan or a duration can tell of what is hidden: only where the operator has enabled them for the tenant.
        package let diagnostics: Diagnostics?

        package init(mode: Query.Mode, generation: String, truncated: Bool, hits: [Hit], context: String? = nil, diagnostics: Diagnostics? = nil) {
            self.mode = mode
            self.generation = generation
            self.truncated = truncated
            self.hits = hits
            self.context = context
            self.diagnostics = diagnostics
        }
    }

    package struct Diagnostics: Sendable, Hashable {
        package let plan: String
        package let totalMilliseconds: Double

        package init(plan: String, totalMilliseconds: Double) {
            self.plan = plan
            self.totalMilliseconds = totalMilliseconds
        }
    }

    package struct Hit: Sendable, Hashable {
        package let source: SourceName
        package let document: Subject
        package let title: String?
        package let uri: String?
        /// Exactly the span's bytes of the extracted text.
        package private(set) var text: String
        /// UTF-8 bytes of the extracted text.
        package private(set) var span: Range<Int>
        package let headings: [String]
        package let page: Int?
        /// `vector`, `lexical`, or both.
        package let foundBy: [String]
        package let language: String?
        package let mediaType: String?
        /// A JSON object, as it was kept.
        package let metadata: [UInt8]
        package let receipt: Receipt

        package init(
            source: SourceName, document: Subject, title: String?, uri: String?, text: String, span: Range<Int>, headings: [String], page: Int?,
            foundBy: [String], language: String?, mediaType: String?, metadata: [UInt8], receipt: Receipt
        ) {
            self.source = source
            self.document = document
            self.title = title
            self.uri = uri
            self.text = text
            self.span = span
            self.headings = headings
            self.page = page
            self.foundBy = foundBy
            self.language = language
            self.mediaType = mediaType
            self.metadata = metadata
            self.receipt = receipt
        }

        /// The same hit with more of its document around it.
        package func with(text: String, span: Range<Int>) -> Hit {
            var hit = self
            hit.text = text
            hit.span = span
            return hit
        }
    }

    /// What a hit can be checked against.
    package struct Receipt: Sendable, Hashable {
        /// SHA-256 over the whole extracted text, 32 bytes.
        package let textDigest: [UInt8]
        /// The sequence of the event in force, else `@<partition>/<offset>` (``EventVersion/receiptVersion``).
        package let contentVersion: String
        package let permissionsVersion: String
        package let position: RecordPosition

        package init(textDigest: [UInt8], contentVersion: String, permissionsVersion: String, position: RecordPosition) {
            self.textDigest = textDigest
            self.contentVersion = contentVersion
            self.permissionsVersion = permissionsVersion
            self.position = position
        }
    }

    package var status: QueryStatus {
        switch self {
        case .ok: .ok
        case .error(let error): error.status
        }
    }

    package var value: [UInt8] {
        var json = JSONWriter(reservingBytes: 4096)
        json.object {
            $0.member("status", status.rawValue)
            switch self {
            case .ok(let answer): answer.write(to: &$0)
            case .error(let error): error.write(to: &$0)
            }
        }
        return json.bytes
    }

    /// - Parameter id: a digest of the query's key, so that a result delivered twice can be told.
    /// - Parameter topic: the tenant's result topic, or the reply topic it is allowed.
    package func record(for query: QueryEnvelope, id: String, topic: String, at time: Timestamp) -> OutboundRecord {
        query.answer(type: .result, id: id, topic: topic, at: time, value: value)
    }
}

/// The answer to an access check: one verdict for each document, or an error.
package enum AccessCheckResult: Sendable, Hashable {
    case ok(visible: [Bool])
    case error(QueryError)

    package var value: [UInt8] {
        var json = JSONWriter()
        json.object {
            switch self {
            case .ok(let visible):
                $0.member("status", QueryStatus.ok.rawValue)
                $0.member("visible") { $0.array(visible) { $0.value($1) } }
            case .error(let error):
                $0.member("status", error.status.rawValue)
                error.write(to: &$0)
            }
        }
        return json.bytes
    }

    package func record(for query: QueryEnvelope, id: String, topic: String, at time: Timestamp) -> OutboundRecord {
        query.answer(type: .accessCheckResult, id: id, topic: topic, at: time, value: value)
    }
}

extension QueryEnvelope {
    /// The error as the kind of answer this query is owed.
    package func record(of error: QueryError, id: String, topic: String, at time: Timestamp) -> OutboundRecord {
        switch kind {
        case .query: QueryResult.error(error).record(for: self, id: id, topic: topic, at: time)
        case .accessCheck: AccessCheckResult.error(error).record(for: self, id: id, topic: topic, at: time)
        }
    }

    fileprivate func answer(type: EventType, id: String, topic: String, at time: Timestamp, value: [UInt8]) -> OutboundRecord {
        let envelope = OutboundEnvelope(
            id: id, type: type, tenant: key.tenant, subject: nil, correlationID: key.id, trace: trace, time: time)
        return OutboundRecord(topic: topic, key: Array(key.id.utf8), value: value, headers: envelope.headers)
    }
}

extension QueryError {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("error") {
            $0.object {
                $0.member("code", rawValue)
                $0.member("message", message)
            }
        }
    }
}

extension QueryResult.Answer {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("mode", mode.rawValue)
        json.member("generation", generation)
        json.member("truncated", truncated)
        json.member("hits") { $0.array(hits.enumerated()) { $1.element.write(rank: $1.offset + 1, to: &$0) } }
        if let context { json.member("context", context) }
        if let diagnostics {
            json.member("diagnostics") {
                $0.object {
                    $0.member("plan", diagnostics.plan)
                    $0.member("totalMilliseconds") { $0.value(rounded: diagnostics.totalMilliseconds) }
                }
            }
        }
    }
}

extension QueryResult.Hit {
    /// The bytes this hit takes in a result, so that a worker can stop before the record is full.
    package var encodedBytes: Int {
        var json = JSONWriter(reservingBytes: 2048)
        write(rank: Query.limits.upperBound, to: &json)
        return json.bytes.count + 1
    }

    fileprivate func write(rank: Int, to json: inout JSONWriter) {
        json.object {
            $0.member("rank", rank)
            $0.member("source", source.text)
            $0.member("document", document.text)
            $0.member("title", title)
            $0.member("uri", uri)
            $0.member("text", text)
            $0.member("span") {
                $0.object {
                    $0.member("start", span.lowerBound)
                    $0.member("end", span.upperBound)
                }
            }
            $0.member("headings") { $0.array(headings) { $0.value($1) } }
            $0.member("page", page)
            $0.member("foundBy") { $0.array(foundBy) { $0.value($1) } }
            $0.member("language", language)
            $0.member("mediaType", mediaType)
            $0.member("metadata") { $0.value(verbatim: metadata) }
            $0.member("receipt") { receipt.write(to: &$0) }
        }
    }
}

extension QueryResult.Receipt {
    fileprivate func write(to json: inout JSONWriter) {
        json.object {
            $0.member("textDigest", "sha-256:" + textDigest.lowercaseHex)
            $0.member("contentVersion", contentVersion)
            $0.member("permissionsVersion", permissionsVersion)
            $0.member("position") { position.write(to: &$0) }
        }
    }
}

extension [UInt8] {
    fileprivate var lowercaseHex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
