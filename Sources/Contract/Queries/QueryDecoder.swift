/// A record of the queries topic, decoded.
package enum DecodedQuery: Sendable {
    case query(Query)
    case accessCheck(AccessCheck)
    /// It can be named, so it is answered, with this.
    case problem(QueryEnvelope, QueryError)
    /// It has no readable id or no registered tenant: dead-lettered, and no result topic hears of it.
    case deadLetter(Rejection, id: String?, TraceContext)
}

package struct QueryDecoder: Sendable {
    private let trust: AskerTrust
    private let supported: QueryFeatures

    package init(trust: AskerTrust, supported: QueryFeatures) {
        self.trust = trust
        self.supported = supported
    }

    /// The tenant that a query's envelope names, registered or not; a token may name one where the envelope does not.
    package static func tenant(of record: InboundRecord) -> TenantID? { Envelope(record).text(.tenant).flatMap { TenantID($0) } }

    /// Decodes a query or an access check, in either CloudEvents mode. The record's key is not looked at: the `id` attribute names the query.
    ///
    /// - Parameters:
    ///   - namedTenant: what its token names; counts where the envelope has no tenant.
    ///   - isRegistered: asked at most once, for a tenant in form.
    package func decode(
        _ record: InboundRecord, on topic: InputTopicName, namedTenant: TenantID? = nil, isRegistered: (TenantID) -> Bool
    ) -> DecodedQuery {
        let envelope = Envelope(record)
        let key: QueryKey
        do {
            key = try Self.key(envelope, topic, namedTenant, isRegistered)
        } catch {
            return .deadLetter(error, id: envelope.text(.id), envelope.traceContext)
        }
        let type = envelope.text(.type).flatMap(EventType.init(rawValue:))
        let expires = envelope.text(.expirytime).flatMap(Timestamp.init(rfc3339:))
        let header = QueryEnvelope(
            key: key, kind: type == .accessCheck ? .accessCheck : .query, replyTopic: envelope.text(.replytopic), expires: expires, trace: envelope.traceContext
        )
        do throws(QueryError) {
            try Self.check(envelope, expires: expires)
            guard let type, InputTopic.queries.types.contains(type) else { throw QueryError.unknownType }
            let data = try Self.data(envelope)
            let asker = try Asker(data["asker"], trust: trust)
            switch header.kind {
            case .query: return .query(try query(header, asker, data))
            case .accessCheck: return .accessCheck(try AccessCheck(header, asker, data))
            }
        } catch {
            return .problem(header, error)
        }
    }

    /// The token of a query that leaves it to the token to name its tenant; nothing of any other record, and where tokens are not taken.
    package func tokenOfTenantless(_ record: InboundRecord) -> (id: String, token: String)? {
        let envelope = Envelope(record)
        guard trust == .tokens, envelope[.tenant] == .absent, let id = envelope.text(.id), let data = try? Self.data(envelope),
            case .token(let token)? = try? Asker(data["asker"], trust: trust)
        else { return nil }
        return (id, token)
    }

    // MARK: - Envelope

    private static func key(
        _ envelope: Envelope, _ topic: InputTopicName, _ namedTenant: TenantID?, _ isRegistered: (TenantID) -> Bool
    ) throws(Rejection) -> QueryKey {
        guard let id = envelope.text(.id), id.utf8.count <= EventDecoder.maximumIDBytes else { throw .envelope("the query has no readable id") }
        let named = envelope[.tenant] == .absent ? namedTenant : envelope.text(.tenant).flatMap { TenantID($0) }
        guard let tenant = named else { throw .envelope("the query has no tenant in form") }
        guard topic.tenant == nil || topic.tenant == tenant else { throw Rejection(.keyMismatch, .envelope, "the topic carries another tenant alone") }
        guard isRegistered(tenant) else { throw Rejection(.unknownTenant, .envelope, "the query's tenant is not registered") }
        return QueryKey(tenant: tenant, source: envelope.text(.source) ?? "", id: id)
    }

    private static func check(_ envelope: Envelope, expires: Timestamp?) throws(QueryError) {
        guard envelope.flaw == nil, envelope.text(.specversion) == "1.0", envelope.text(.source).flatMap({ SourceName($0) }) != nil,
            envelope.text(.type) != nil, envelope[.expirytime] == .absent || expires != nil,
            !Attribute.allCases.contains(where: { !$0.isInformative && (envelope[$0] == .outOfForm || envelope[$0] == .notText) })
        else { throw .malformedEnvelope }
    }

    private static func data(_ envelope: Envelope) throws(QueryError) -> JSONObject {
        guard !envelope.hasDuplicateMember, let data = try? envelope.readData() else { throw .malformedData }
        return data
    }

    // MARK: - Questions

    private func query(_ envelope: QueryEnvelope, _ asker: Asker, _ data: JSONObject) throws(QueryError) -> Query {
        let filter = try data.present("filter").map { value throws(QueryError) in try QueryFilter(value) }
        let collapse = data.present("collapseDuplicates")
        guard collapse == nil || collapse?.bool != nil else { throw .invalidOption }
        let query = Query(
            envelope: envelope, asker: asker, text: try Self.text(data), limit: try Self.limit(data), mode: try Self.mode(data),
            filter: filter.flatMap { $0.isEmpty ? nil : $0 },
            perDocument: try data.option("perDocument", in: 1...Int(Int32.max)),
            neighbours: try data.option("neighbours", in: Query.neighbourLimits) ?? 0,
            collapseDuplicates: collapse?.bool ?? false,
            contextMaxTokens: try Self.contextMaxTokens(data),
            minimumPositions: try Self.minimumPositions(data, of: envelope.key.tenant))
        guard query.features.isSubset(of: supported) else { throw .unsupportedOption }
        return query
    }

    private static func text(_ data: JSONObject) throws(QueryError) -> String {
        switch data.present("text") {
        case .string(let text):
            guard !text.isEmpty else { throw .emptyText }
            guard text.utf8.count <= Query.maximumTextBytes else { throw .textTooLong }
            return text
        case .unreadableString: throw .invalidText
        case nil: throw .emptyText
        default: throw .malformedData
        }
    }

    private static func limit(_ data: JSONObject) throws(QueryError) -> Int {
        guard let value = data.present("limit") else { return Query.defaultLimit }
        guard let limit = value.integer, Query.limits.contains(limit) else { throw .invalidLimit }
        return limit
    }

    private static func mode(_ data: JSONObject) throws(QueryError) -> Query.Mode {
        guard let value = data.present("mode") else { return .hybrid }
        guard let mode = value.string.flatMap(Query.Mode.init) else { throw .invalidMode }
        return mode
    }

    private static func contextMaxTokens(_ data: JSONObject) throws(QueryError) -> Int? {
        guard let value = data.present("context") else { return nil }
        guard let object = value.object, let tokens = try object.option("maxTokens", in: 1...Int(Int32.max)) else { throw .invalidOption }
        return tokens
    }

    /// Positions on the documents, permissions and memberships topics, everybody's or this tenant's own.
    private static func minimumPositions(_ data: JSONObject, of tenant: TenantID) throws(QueryError) -> [RecordPosition] {
        guard let value = data.present("minimumPositions") else { return [] }
        guard let elements = value.array, elements.count <= Query.maximumPositions else { throw .invalidPositions }
        var positions: [RecordPosition] = []
        for element in elements {
            guard let name = element["topic"]?.string, let topic = InputTopicName(name), topic.tenant == nil || topic.tenant == tenant,
                topic.topic == .documents || topic.topic == .permissions || topic.topic == .memberships,
                let partition = element["partition"]?.integer.flatMap(Int32.init(exactly:)), partition >= 0,
                let offset = element["offset"]?.integer, offset >= 0
            else { throw .invalidPositions }
            positions.append(RecordPosition(topic: name, partition: partition, offset: Int64(offset)))
        }
        return positions
    }
}

extension Query {
    /// The options it asks for beyond their defaults.
    package var features: QueryFeatures {
        var features: QueryFeatures = []
        if filter != nil { features.insert(.filter) }
        if perDocument != nil { features.insert(.perDocument) }
        if neighbours != 0 { features.insert(.neighbours) }
        if collapseDuplicates { features.insert(.collapseDuplicates) }
        if contextMaxTokens != nil { features.insert(.context) }
        if !minimumPositions.isEmpty { features.insert(.minimumPositions) }
        return features
    }
}

extension AccessCheck {
    fileprivate init(_ envelope: QueryEnvelope, _ asker: Asker, _ data: JSONObject) throws(QueryError) {
        guard let elements = data["documents"]?.array, elements.count <= Self.maximumDocuments else { throw .invalidDocuments }
        var documents: [RecordKey?] = []
        documents.reserveCapacity(elements.count)
        for element in elements {
            guard let source = element["source"]?.string, let document = element["document"]?.string else { throw .invalidDocuments }
            if let source = SourceName(source), let subject = Subject(document) {
                documents.append(RecordKey(tenant: envelope.key.tenant, source: source, subject: subject))
            } else {
                documents.append(nil)
            }
        }
        self.init(envelope: envelope, asker: asker, documents: documents)
    }
}

extension QueryFilter {
    /// - Throws: `.invalidFilter`, also for a condition nobody knows.
    fileprivate init(_ value: JSON) throws(QueryError) {
        guard let object = value.object, !object.hasUnreadableName else { throw .invalidFilter }
        for member in object.members {
            switch member.name {
            case "source": source = try Self.strings(member.value)
            case "container": container = try Self.strings(member.value)
            case "mediaType": mediaType = try Self.strings(member.value)
            case "language": language = try Self.strings(member.value)
            case "tags": tags = try Self.strings(member.value)
            case "modifiedAfter":
                guard let time = member.value.string.flatMap(Timestamp.init(rfc3339:)) else { throw .invalidFilter }
                modifiedAfter = time
            case "metadata":
                guard let conditions = member.value.object, !conditions.hasUnreadableName, conditions.members.count <= Self.maximumValues else {
                    throw .invalidFilter
                }
                metadata = try conditions.members.map { condition throws(QueryError) in
                    Condition(name: condition.name, values: try Self.values(condition.value))
                }
            default: throw .invalidFilter
            }
        }
        guard valueCount <= Self.maximumValuesInAll else { throw .invalidFilter }
    }

    private static func strings(_ value: JSON) throws(QueryError) -> [String] {
        try values(value).map { value throws(QueryError) in
            guard case .string(let text) = value else { throw .invalidFilter }
            return text
        }
    }

    private static func values(_ value: JSON) throws(QueryError) -> [Value] {
        guard let elements = value.array, elements.count <= maximumValues else { throw .invalidFilter }
        return try elements.map { element throws(QueryError) in
            switch element {
            case .string(let text): return .string(text)
            case .bool(let bool): return .bool(bool)
            case .number(let number) where number.isStorable: return .number(number.text)
            default: throw .invalidFilter
            }
        }
    }
}

extension JSONObject {
    /// An option that is an integer within limits.
    fileprivate func option(_ name: StaticString, in limits: ClosedRange<Int>) throws(QueryError) -> Int? {
        guard let value = present(name) else { return nil }
        guard let integer = value.integer, limits.contains(integer) else { throw .invalidOption }
        return integer
    }
}
