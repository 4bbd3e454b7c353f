/// An answer to one request.
package struct HTTPResponse: Sendable, Equatable {
    package let status: Int
    package let contentType: String
    package let body: String

    package init(status: Int = 200, contentType: String = "text/plain; charset=utf-8", body: String) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    static let notFound = HTTPResponse(status: 404, body: "not found\n")
    static let methodNotAllowed = HTTPResponse(status: 405, body: "only GET and HEAD\n")
}
