import Contract

/// What is known of a record of the dead-letter topic without its content.
package struct Letter: Hashable, Sendable {
    package let id: LetterID
    /// The record's timestamp, which is the buried record's own; -1 where there is none.
    package let timestampMilliseconds: Int64
    /// Key, value and headers.
    package let bytes: Int
    package let tenant: TenantID?
    /// Nothing where somebody other than Sluice wrote it.
    package let errors: DeadLetterErrors?

    package init(_ record: InboundRecord) {
        let letter = DeadLetterRecord(record)
        id = LetterID(partition: record.partition, offset: record.offset)
        timestampMilliseconds = record.timestampMilliseconds
        bytes = record.headers.reduce((record.key?.count ?? 0) + (record.value?.count ?? 0)) { $0 + $1.name.count + ($1.value?.count ?? 0) }
        tenant = letter?.tenant
        errors = letter?.errors
    }

    /// Nothing where there is none, or none that a calendar could hold.
    package var time: Timestamp? {
        let (microseconds, isTooLarge) = timestampMilliseconds.multipliedReportingOverflow(by: 1000)
        return timestampMilliseconds < 0 || isTooLarge ? nil : Timestamp(microsecondsSinceEpoch: microseconds)
    }
}

/// Which dead letters; nothing set is all of them.
package struct LetterFilter: Hashable, Sendable {
    package var tenant: TenantID?
    package var code: RejectionCode?
    /// The first moment that counts, and the first that no longer does.
    package var since: Timestamp?
    package var until: Timestamp?
    /// These alone, where there are any.
    package var ids: Set<LetterID>

    package init(tenant: TenantID? = nil, code: RejectionCode? = nil, since: Timestamp? = nil, until: Timestamp? = nil, ids: Set<LetterID> = []) {
        self.tenant = tenant
        self.code = code
        self.since = since
        self.until = until
        self.ids = ids
    }

    /// A letter without a time matches no bound of time.
    package func matches(_ letter: Letter) -> Bool {
        if !ids.isEmpty, !ids.contains(letter.id) { return false }
        if let tenant, letter.tenant != tenant { return false }
        if let code, letter.errors?.code != code.rawValue { return false }
        if let since, letter.time.map({ $0 >= since }) != true { return false }
        if let until, letter.time.map({ $0 < until }) != true { return false }
        return true
    }

    /// What the audit log says of it.
    package var detail: [String: JSON] {
        var detail: [String: JSON] = [:]
        if let tenant { detail["tenant"] = .string(tenant.text) }
        if let code { detail["code"] = .string(code.rawValue) }
        if let since { detail["since"] = .string(since.rfc3339) }
        if let until { detail["until"] = .string(until.rfc3339) }
        if !ids.isEmpty { detail["ids"] = .bool(true) }
        return detail
    }
}

extension Timestamp {
    /// A moment as people write it: RFC 3339, or how long ago, as a whole number of `s`, `m`, `h`, `d` or `w`: `2h`.
    package init?(moment text: String, now: Timestamp) {
        if let moment = Timestamp(rfc3339: text) {
            self = moment
            return
        }
        guard let ago = Duration(text).map({ Int64($0 / .microseconds(1)) }), ago <= now.microsecondsSinceEpoch else { return nil }
        self.init(microsecondsSinceEpoch: now.microsecondsSinceEpoch - ago)
    }
}

extension Duration {
    /// A whole number of `s`, `m`, `h`, `d` or `w`: `2h`. At most what a timestamp holds.
    package init?(_ text: String) {
        let seconds: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let unit = text.last.flatMap({ seconds[$0] }), text.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int64(text.dropLast())
        else { return nil }
        let (microseconds, isTooLong) = count.multipliedReportingOverflow(by: unit * 1_000_000)
        guard !isTooLong else { return nil }
        self = .microseconds(microseconds)
    }
}
