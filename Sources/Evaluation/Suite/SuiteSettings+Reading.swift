import Contract

extension SuiteSettings {
    init(_ object: SuiteObject) throws(SuiteError) {
        name = try object.text("name")
        guard let tenant = TenantID(try object.text("tenant")) else { throw object.flaw("tenant is a-z, 0-9 and -, up to 63, not beginning with -") }
        self.tenant = tenant
        guard let source = SourceName(try object.optionalText("source") ?? "suite") else {
            throw object.flaw("source is A-Z, a-z, 0-9, ., _, ~ and -, up to 64")
        }
        self.source = source
        let limit = try object.integer("limit", in: Query.limits) ?? Query.limits.upperBound
        self.limit = limit
        perDocument = try object.integer("perDocument", in: Query.limits)
        modes = try Evaluation.modes(object) ?? Query.Mode.allCases
        cutoffs = try Cutoffs(object, limit: limit)
        gate = try Gate.Thresholds(object)
    }
}

extension Cutoffs {
    /// What is absent stands at its usual place, or at the limit where that is lower.
    fileprivate init(_ object: SuiteObject, limit: Int) throws(SuiteError) {
        self.init(ndcg: min(10, limit), recall: limit, precision: min(10, limit))
        guard let value = object.value("cutoffs") else { return }
        let cutoffs = try SuiteObject(value, object.file, members: ["ndcg", "recall", "precision"])
        // No figure can look further than the answer is long.
        ndcg = try cutoffs.integer("ndcg", in: 1...limit) ?? ndcg
        recall = try cutoffs.integer("recall", in: 1...limit) ?? recall
        precision = try cutoffs.integer("precision", in: 1...limit) ?? precision
    }
}

extension Gate.Thresholds {
    fileprivate init(_ object: SuiteObject) throws(SuiteError) {
        self.init()
        guard let value = object.value("gate") else { return }
        let gate = try SuiteObject(value, object.file, members: ["level", "drop"])
        level = try gate.number("level", in: 0...1) ?? level
        drop = try gate.number("drop", in: 0...1) ?? drop
    }
}

extension Asker {
    init(_ object: SuiteObject) throws(SuiteError) {
        if let token = try object.optionalText("token") {
            guard object.value("user") == nil, object.value("groups") == nil, !token.isEmpty else {
                throw object.flaw("an asker has a token, or user and groups")
            }
            self = .token(token)
            return
        }
        guard let user = Principal(try object.text("user")), user.kind == .user else { throw object.flaw("user is user:NAME") }
        let groups = try object.principals("groups")
        guard groups.count <= Asker.maximumGroups, groups.allSatisfy({ $0.kind == .group }) else {
            throw object.flaw("groups are group:SOURCE/NAME, at most \(Asker.maximumGroups)")
        }
        self = .named(user: user, groups: groups)
    }
}
