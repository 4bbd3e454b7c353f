import Contract

extension InputTopic {
    /// What a consumer subscribes to: the topic, and each tenant's own `<topic>.<tenant>`, also one that is made later.
    package var pattern: String {
        "^\(rawValue.replacingDots)(\\.[a-z0-9][a-z0-9-]*)?$"
    }
}

extension String {
    fileprivate var replacingDots: String { split(separator: ".", omittingEmptySubsequences: false).joined(separator: "\\.") }
}
