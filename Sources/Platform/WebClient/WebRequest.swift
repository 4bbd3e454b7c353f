/// One line of the head of a request or an answer.
package struct WebHeader: Sendable, Hashable {
    package let name: String
    package let value: String

    /// Nil where the name is no token or the value would end the line (RFC 9110, 5.5).
    package init?(_ name: String, _ value: String) {
        let isToken = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
        guard isToken, value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else { return nil }
        self.name = name
        self.value = value
    }

    init(received name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A GET, or with a body a POST, and what it may cost.
package struct WebRequest: Sendable {
    package let url: WebURL
    package let headers: [WebHeader]
    /// A text in JSON; nothing for a GET.
    package let json: [UInt8]?
    /// From the request to the last byte of the answer.
    package let timeLimit: Duration
    /// The body of a 2xx answer may have as many; any other's is cut where it is larger than a message would be.
    package let maximumBodyBytes: Int

    package init(_ url: WebURL, headers: [WebHeader] = [], json: [UInt8]? = nil, timeLimit: Duration, maximumBodyBytes: Int) {
        self.url = url
        self.headers = headers
        self.json = json
        self.timeLimit = timeLimit
        self.maximumBodyBytes = maximumBodyBytes
    }
}

/// What a server answered, whatever its status.
package struct WebResponse: Sendable {
    package let status: Int
    package let headers: [WebHeader]
    /// As it was sent: no compression is asked for, none is undone.
    package let body: [UInt8]
    /// How long the server asks to be left alone: from `Retry-After`, in seconds or as a date.
    package let retryAfter: Duration?

    /// The first header of this name, in whatever case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
