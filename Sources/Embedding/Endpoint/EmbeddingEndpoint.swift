import Contract
internal import WebClient

/// One request to an OpenAI-compatible service: `POST …/embeddings` with `{model, input, encoding_format}`, answered with
/// `{data: [{index, embedding}]}`.
///
/// Texts go to the service as they are: it is part of what the operator trusts with the documents. Nothing is called but the address that is configured:
/// a redirect is refused, not followed.
struct EmbeddingEndpoint: Sendable {
    let settings: EndpointSettings
    private let client: WebClient
    private let headers: [WebHeader]

    /// A number takes some 24 bytes where a service writes doubles; as many again for white space and what else stands there.
    private static let maximumAnswerBytesPerNumber = 48

    init(_ settings: EndpointSettings) throws(WebError) {
        self.settings = settings
        headers = settings.key.map { [$0.header] } ?? []
        // Any address: the operator named the host, and it is often a neighbour.
        client = try WebClient(certificateAuthorities: settings.certificateAuthorities) { _ in true }
    }

    /// The vectors of some texts, in their order and of length 1.
    ///
    /// - Throws: `EmbeddingError` of any of the endpoint's codes, where `.textRefused` may be about one of several texts; `CancellationError`.
    func vectors(of texts: some Collection<String>, for purpose: EmbeddingPurpose) async throws -> [Float] {
        let limit = 65_536 + texts.count * settings.dimension * Self.maximumAnswerBytesPerNumber
        let response: WebResponse
        do {
            response = try await client.send(
                WebRequest(
                    settings.url, headers: headers, json: body(texts, settings.form(of: purpose)), timeLimit: settings.timeLimit(of: purpose),
                    maximumBodyBytes: limit))
        } catch {
            throw try Self.failure(error)
        }
        if let error = Self.failure(response) { throw error }
        return try EmbeddingAnswer.vectors(in: response.body, count: texts.count, dimension: settings.dimension)
    }

    private func body(_ texts: some Collection<String>, _ form: EmbeddingForm) -> [UInt8] {
        var json = JSONWriter(reservingBytes: 256 + texts.reduce(0) { $0 + $1.utf8.count + form.prefix.utf8.count + 16 })
        json.object {
            $0.member("model", settings.model)
            $0.member("input") { $0.array(texts) { $0.value(form.prefix + $1) } }
            $0.member("encoding_format", "float")
            if let inputType = form.inputType { $0.member("input_type", inputType) }
        }
        return json.bytes
    }

    /// - Throws: `CancellationError`.
    private static func failure(_ error: WebError) throws(CancellationError) -> EmbeddingError {
        switch error.code {
        case .cancelled: throw CancellationError()
        case .timedOut: EmbeddingError(.endpointUnavailable, "the endpoint did not answer in time")
        case .untrusted: EmbeddingError(.endpointRefused, "the endpoint's certificate is not trusted")
        case .malformed: EmbeddingError(.answerInvalid, "the endpoint's answer is not HTTP")
        case .tooLarge: EmbeddingError(.answerInvalid, "the endpoint's answer is larger than its vectors can be")
        case .addressRefused, .unresolved, .unreachable, .interrupted, .certificateAuthorities, .unavailable:
            EmbeddingError(.endpointUnavailable, "the endpoint cannot be reached, or its answer broke off")
        }
    }

    /// Nothing where the request succeeded.
    private static func failure(_ response: WebResponse) -> EmbeddingError? {
        let status = response.status
        return switch status {
        case 200: nil
        case 408, 425, 429, 500...599:
            EmbeddingError(.endpointUnavailable, "the endpoint is not well, or asks to wait", status: status, retryAfter: response.retryAfter)
        case 400, 413, 422: EmbeddingError(.textRefused, "the endpoint does not take this", status: status)
        case 401, 402, 403: EmbeddingError(.endpointRefused, "the endpoint does not take this key", status: status)
        case 404, 405: EmbeddingError(.endpointRefused, "the endpoint has no such address or model", status: status)
        case 300...399: EmbeddingError(.endpointRefused, "the endpoint is elsewhere; redirects are not followed", status: status)
        default: EmbeddingError(.endpointRefused, "the endpoint does not take requests of this kind", status: status)
        }
    }
}
