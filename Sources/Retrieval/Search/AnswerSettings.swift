import Contract

/// What operators choose about answers.
package struct AnswerSettings: Sendable {
    package var fusion: FusionSettings
    /// Nothing: what was fused stays as it is.
    package var reranking: Reranking?
    /// How long ago the registrar may last have been heard of; nothing: any time.
    package var maximumStaleness: Duration?
    /// The tenants whose results tell the plan and the time: either can tell of what is hidden.
    package var diagnostics: Set<TenantID>

    package init(
        fusion: FusionSettings = FusionSettings(), reranking: Reranking? = nil, maximumStaleness: Duration? = nil, diagnostics: Set<TenantID> = []
    ) {
        self.fusion = fusion
        self.reranking = reranking
        self.maximumStaleness = maximumStaleness
        self.diagnostics = diagnostics
    }
}
