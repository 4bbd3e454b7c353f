/// Why there is no better order. Holds nothing of question, passages or answer.
package struct RerankError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The service did not answer within the deadline.
        case late
        /// The service cannot be reached, or its answer broke off.
        case unreachable
        /// The service answered with another status than 200.
        case refused
        /// The answer is not in the expected form.
        case malformed
        /// The service has failed too often and is left alone for a while.
        case paused
        case cancelled
    }

    package let code: Code

    init(_ code: Code) {
        self.code = code
    }

    package var description: String {
        switch code {
        case .late: "the reranker did not answer in time"
        case .unreachable: "the reranker cannot be reached"
        case .refused: "the reranker did not take the request"
        case .malformed: "the reranker's answer is out of form"
        case .paused: "the reranker has failed too often and is left alone for a while"
        case .cancelled: "reranking was cancelled"
        }
    }
}
