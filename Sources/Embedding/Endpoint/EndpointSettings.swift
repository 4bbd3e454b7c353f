package import WebClient

/// Where an OpenAI-compatible service is, what it is asked, and within which bounds.
package struct EndpointSettings: Sendable {
    /// Of the embeddings themselves: `…/v1/embeddings`.
    package let url: WebURL
    package let model: String
    /// How many numbers the model's vectors have.
    package let dimension: Int
    package var key: BearerKey?
    /// A PEM file trusted instead of the system's authorities.
    package var certificateAuthorities: String?
    package var queryForm = EmbeddingForm()
    package var passageForm = EmbeddingForm()
    /// What is past so many estimated tokens, the form's own included, is not sent.
    package var maximumTokens = 512
    /// Texts in one request.
    package var maximumTexts = 32
    /// Of one request of passages, and of one that somebody waits for.
    package var timeLimit = Duration.seconds(60)
    package var queryTimeLimit = Duration.seconds(5)

    package init(url: WebURL, model: String, dimension: Int) {
        self.url = url
        self.model = model
        self.dimension = dimension
    }

    func form(of purpose: EmbeddingPurpose) -> EmbeddingForm { purpose == .query ? queryForm : passageForm }
    func timeLimit(of purpose: EmbeddingPurpose) -> Duration { purpose == .query ? queryTimeLimit : timeLimit }
}
