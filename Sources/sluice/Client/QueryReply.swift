import Contract

/// A result as it arrived.
struct QueryReply: Sendable {
    struct Hit: Sendable, Equatable {
        let source: String
        let document: String
        let title: String?
        let uri: String?
        let text: String
        let headings: [String]
        let span: Range<Int>
        let receipt: Receipt
    }

    struct Receipt: Sendable, Equatable {
        let textDigest: String
        let contentVersion: String
        let permissionsVersion: String
    }

    enum Outcome: Sendable, Equatable {
        case hits([Hit], truncated: Bool)
        case error(status: String, code: String, message: String)
    }

    /// The result's JSON, as it came.
    let value: [UInt8]
    let outcome: Outcome
    /// Where one was asked for.
    let context: String?
    /// From producing the query to having its result.
    let elapsed: Duration

    var hits: [Hit] { if case .hits(let hits, _) = outcome { hits } else { [] } }

    /// Nothing where the value is no result in form.
    init?(value: [UInt8], elapsed: Duration) {
        guard let json = try? JSON.parse(value), let status = json["status"]?.string else { return nil }
        if status == QueryStatus.ok.rawValue {
            guard let hits = json["hits"]?.array else { return nil }
            outcome = .hits(hits.compactMap(Hit.init), truncated: json["truncated"]?.bool ?? false)
        } else {
            outcome = .error(status: status, code: json["error"]?["code"]?.string ?? "", message: json["error"]?["message"]?.string ?? "")
        }
        context = json["context"]?.string
        self.value = value
        self.elapsed = elapsed
    }
}

extension QueryReply.Hit {
    fileprivate init?(_ json: JSON) {
        guard let source = json["source"]?.string, let document = json["document"]?.string, let text = json["text"]?.string,
            let start = json["span"]?["start"]?.integer, let end = json["span"]?["end"]?.integer, start <= end, let receipt = json["receipt"]
        else { return nil }
        self.source = source
        self.document = document
        self.text = text
        title = json["title"]?.string
        uri = json["uri"]?.string
        headings = json["headings"]?.array?.compactMap(\.string) ?? []
        span = start..<end
        self.receipt = QueryReply.Receipt(
            textDigest: receipt["textDigest"]?.string ?? "", contentVersion: receipt["contentVersion"]?.string ?? "",
            permissionsVersion: receipt["permissionsVersion"]?.string ?? "")
    }
}
