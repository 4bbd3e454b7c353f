import Contract

/// One object of a suite's file, read strictly: a member that is out of form, or that the format does not have, is an error with its place.
struct SuiteObject {
    let json: JSONObject
    let file: String
    let line: Int?

    /// - Parameter members: all that may be there; a misspelt one would otherwise be a judgement that silently does not count.
    init(_ value: JSON, _ file: String, line: Int? = nil, members: Set<String>) throws(SuiteError) {
        guard let object = value.object else { throw SuiteError(file, line: line, "not an object") }
        guard object.members.allSatisfy({ members.contains($0.name) }) else {
            throw SuiteError(file, line: line, "an unknown member; there are: \(members.sorted().joined(separator: ", "))")
        }
        json = object
        self.file = file
        self.line = line
    }

    func flaw(_ reason: String) -> SuiteError { SuiteError(file, line: line, reason) }

    func value(_ name: StaticString) -> JSON? {
        guard let value = json[name], !value.isNull else { return nil }
        return value
    }

    func optionalText(_ name: StaticString) throws(SuiteError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw flaw("\(name) is no text") }
        return text
    }

    func text(_ name: StaticString) throws(SuiteError) -> String {
        guard let text = try optionalText(name), !text.isEmpty else { throw flaw("\(name) is missing") }
        return text
    }

    func integer(_ name: StaticString, in range: ClosedRange<Int>) throws(SuiteError) -> Int? {
        guard let value = value(name) else { return nil }
        guard let integer = value.integer, range.contains(integer) else {
            throw flaw("\(name) is no whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    func number(_ name: StaticString, in range: ClosedRange<Double>) throws(SuiteError) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.number?.double, range.contains(number) else {
            throw flaw("\(name) is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// None where the member is absent.
    func elements(_ name: StaticString) throws(SuiteError) -> [JSON] {
        guard let value = value(name) else { return [] }
        guard let array = value.array else { throw flaw("\(name) is no array") }
        return array
    }

    func texts(_ name: StaticString) throws(SuiteError) -> [String] {
        var texts: [String] = []
        for element in try elements(name) {
            guard let text = element.string else { throw flaw("\(name) has an element that is no text") }
            texts.append(text)
        }
        return texts
    }

    /// None where the member is absent.
    func members(_ name: StaticString) throws(SuiteError) -> [JSONObject.Member] {
        guard let value = value(name) else { return [] }
        guard let object = value.object else { throw flaw("\(name) is no object") }
        return object.members
    }

    func principals(_ name: StaticString) throws(SuiteError) -> [Principal] {
        var principals: [Principal] = []
        for text in try texts(name) {
            guard let principal = Principal(text) else { throw flaw("\(name): user:NAME, group:SOURCE/NAME or everyone") }
            principals.append(principal)
        }
        return principals
    }

    func subject(_ name: StaticString) throws(SuiteError) -> Subject? {
        guard let text = try optionalText(name) else { return nil }
        guard let subject = Subject(text) else { throw flaw("\(name) is a text of 1 to 1,024 bytes") }
        return subject
    }

    func source(default source: SourceName) throws(SuiteError) -> SourceName {
        guard let text = try optionalText("source") else { return source }
        guard let source = SourceName(text) else { throw flaw("source is A-Z, a-z, 0-9, ., _, ~ and -, up to 64") }
        return source
    }

    /// What `allow` and `deny` state; nothing where neither is there.
    func accessList() throws(SuiteError) -> AccessList? {
        guard value("allow") != nil || value("deny") != nil else { return nil }
        return AccessList(allow: try principals("allow"), deny: try principals("deny"))
    }
}

/// The lines of a JSON Lines file that are not blank, each with its number.
func jsonLines(_ bytes: [UInt8], _ file: String) throws(SuiteError) -> [(line: Int, value: JSON)] {
    var lines: [(Int, JSON)] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
        guard line.contains(where: { $0 > UInt8(ascii: " ") }) else { continue }
        guard let value = try? JSON.parse(Array(line)) else { throw SuiteError(file, line: index + 1, "not JSON") }
        lines.append((index + 1, value))
    }
    return lines
}
