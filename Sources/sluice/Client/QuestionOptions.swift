import Contract

/// What a question asks for beyond its text.
struct QuestionOptions: Sendable {
    var filter = QueryFilter()
    var perDocument: Int?
    var neighbours = 0
    var collapsesDuplicates = false
    var contextTokens: Int?
    var minimumPositions: [RecordPosition] = []

    /// Members of the query's data; what is at its default is left out.
    func write(to json: inout JSONWriter) {
        if !filter.isEmpty { json.member("filter") { filter.write(to: &$0) } }
        if let perDocument { json.member("perDocument", perDocument) }
        if neighbours != 0 { json.member("neighbours", neighbours) }
        if collapsesDuplicates { json.member("collapseDuplicates", true) }
        if let contextTokens { json.member("context") { $0.object { $0.member("maxTokens", contextTokens) } } }
        if !minimumPositions.isEmpty {
            json.member("minimumPositions") {
                $0.array(minimumPositions) { json, position in
                    json.object {
                        $0.member("topic", position.topic)
                        $0.member("partition", Int(position.partition))
                        $0.member("offset", Int(position.offset))
                    }
                }
            }
        }
    }
}

extension QueryFilter {
    /// Adds one alternative to a condition.
    ///
    /// - Parameter text: `NAME=VALUE`; what is neither a condition of the contract nor `metadata.NAME` is refused.
    mutating func add(_ text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw UsageError("--filter takes NAME=VALUE") }
        let (name, value) = (parts[0], parts[1])
        switch name {
        case "source": source = (source ?? []) + [value]
        case "container": container = (container ?? []) + [value]
        case "mediaType": mediaType = (mediaType ?? []) + [value]
        case "language": language = (language ?? []) + [value]
        case "tags": tags = (tags ?? []) + [value]
        case "modifiedAfter":
            guard let time = Timestamp(rfc3339: value), modifiedAfter == nil else {
                throw UsageError("--filter modifiedAfter takes one time, as 2026-01-01T00:00:00Z")
            }
            modifiedAfter = time
        default:
            guard name.hasPrefix("metadata.") else {
                throw UsageError("--filter knows source, container, mediaType, language, tags, modifiedAfter and metadata.NAME")
            }
            let member = String(name.dropFirst("metadata.".count))
            let known = metadata.first { $0.name == member }?.values ?? []
            metadata.removeAll { $0.name == member }
            metadata.append(Condition(name: member, values: known + [Value(commandLine: value)]))
        }
    }

    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            for (name, values) in [("source", source), ("container", container), ("mediaType", mediaType), ("language", language), ("tags", tags)] {
                if let values { json.member(name) { $0.array(values) { $0.value($1) } } }
            }
            if let modifiedAfter { json.member("modifiedAfter", modifiedAfter.rfc3339) }
            guard !metadata.isEmpty else { return }
            json.member("metadata") {
                $0.object { json in
                    for condition in metadata { json.member(condition.name) { $0.array(condition.values) { $0.value($1.json) } } }
                }
            }
        }
    }
}

extension QueryFilter.Value {
    /// `true`, `false` and numbers are themselves; `"7"` in quotes, and all else, is text.
    fileprivate init(commandLine text: String) {
        switch try? JSON.parse(Array(text.utf8)) {
        case .bool(let bool): self = .bool(bool)
        case .number(let number): self = .number(number.text)
        case .string(let string): self = .string(string)
        default: self = .string(text)
        }
    }

    fileprivate var json: JSON {
        switch self {
        case .string(let text): .string(text)
        case .bool(let bool): .bool(bool)
        case .number(let digits): (try? JSON.parse(Array(digits.utf8))) ?? .string(digits)
        }
    }
}
