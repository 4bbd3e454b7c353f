/// A document's whole new state.
package struct DocumentUpserted: Sendable {
    package enum Content: Sendable, Equatable {
        /// UTF-8 without U+0000.
        case text([UInt8])
        /// Any bytes; whether they are text is for the media type to say.
        case bytes([UInt8])
        /// Content by reference: the event's `dataref`, unchecked.
        case reference(String)
    }

    package let content: Content
    package let mediaType: String?
    /// What the content was extracted from, where it is plain text that somebody has read out of another document: what it is shown as.
    package let extractedFrom: String?
    package let title: String?
    package let uri: String?
    package let language: String?
    package let modifiedAt: Timestamp?
    package let facts: DocumentFacts
    package let metadata: Metadata

    /// What the publisher says about the document.
    package struct Metadata: Sendable, Equatable {
        /// A JSON object, compact, in the publisher's order.
        package let json: [UInt8]
        /// The strings of the member `tags`, where that is an array.
        package let tags: [String]

        package static let none = Metadata(json: Array("{}".utf8), tags: [])
    }

    /// A title is shown with every hit; longer is a text that lost its way.
    package static let maximumTitleBytes = 8 * 1024
    /// What browsers and proxies carry.
    package static let maximumURIBytes = 8 * 1024
    /// Far past every registered media type and language tag.
    package static let maximumTagBytes = 255
    /// Metadata is indexed and comes back with every hit: a hundred hits of this size still fit one record.
    package static let maximumMetadataBytes = 64 * 1024

    /// - Throws: `malformed_data`, `invalid_text`, `too_large`.
    init(_ object: JSONObject, dataref: String?) throws(Rejection) {
        facts = try DocumentFacts(object)
        content = try Self.content(object, dataref)
        mediaType = try object.text("mediaType", maximumBytes: Self.maximumTagBytes)
        extractedFrom = try object.text("extractedFrom", maximumBytes: Self.maximumTagBytes)
        title = try object.text("title", maximumBytes: Self.maximumTitleBytes)
        uri = try object.text("uri", maximumBytes: Self.maximumURIBytes)
        language = try object.text("language", maximumBytes: Self.maximumTagBytes)
        modifiedAt = try object.timestamp("modifiedAt")
        metadata = try Self.metadata(object)
    }

    /// Content in the record comes before content by reference.
    private static func content(_ object: JSONObject, _ dataref: String?) throws(Rejection) -> Content {
        let encoded = try object.text("base64")
        if let text = try object.text("text") {
            guard encoded == nil else { throw .data("the document has both text and base64") }
            return .text(Array(text.utf8))
        }
        if let encoded {
            guard let bytes = Base64.decode(encoded) else { throw .data("base64 is not base64") }
            return .bytes(bytes)
        }
        guard let dataref else { throw .data("the document has neither text nor base64 nor dataref") }
        return .reference(dataref)
    }

    private static func metadata(_ object: JSONObject) throws(Rejection) -> Metadata {
        guard let value = object.present("metadata") else { return .none }
        guard let members = value.object else { throw .data("metadata is not an object") }
        guard !value.hasUnreadableText else { throw .text("metadata holds U+0000, a lone surrogate, or bytes that are not UTF-8") }
        guard value.hasStorableNumbers else { throw .data("metadata holds a number past 128 characters or 308 powers of ten") }
        let json = value.utf8
        guard json.count <= maximumMetadataBytes else { throw .size("metadata is larger than 65,536 bytes") }
        return Metadata(json: json, tags: members["tags"]?.array?.compactMap(\.string) ?? [])
    }
}

extension DocumentFacts {
    /// - Throws: `malformed_data`, `invalid_text`, where the container or the time cannot be read.
    init(_ object: JSONObject) throws(Rejection) {
        self.init(container: try object.subject("container"), expiresAt: try object.timestamp("expiresAt"))
    }
}

extension JSON {
    fileprivate var hasStorableNumbers: Bool {
        switch self {
        case .number(let number): number.isStorable
        case .array(let elements): elements.allSatisfy(\.hasStorableNumbers)
        case .object(let object): object.members.allSatisfy(\.value.hasStorableNumbers)
        case .null, .bool, .string, .unreadableString: true
        }
    }
}
