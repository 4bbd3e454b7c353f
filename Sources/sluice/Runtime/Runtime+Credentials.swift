import Configuration
import Contract
import Credentials
import WebClient

extension Runtime {
    /// How retrieval finds out who asks. Reads the keys of tokens: a file has to hold some; a server may be down, and queries are `unavailable`
    /// until it is back.
    ///
    /// - Throws: `ConfigurationError`; `StartError`.
    func authenticator() async throws -> Authenticator {
        try configuration.require(Settings.credentials)
        switch try configuration.value(of: Settings.credentials) {
        case .trusted:
            log.warning("askers are believed: SLUICE_CREDENTIALS=trusted")
            return .trusting(log: log)
        case .signed:
            try configuration.require(Settings.tokenKeys, Settings.tokenIssuer, Settings.tokenAudience)
            return .signed(try tokenPolicy(), keys: try await startedTokenKeys(), log: log) { .now }
        }
    }

    /// Reads the keys of tokens once, wherever they are.
    ///
    /// - Throws: `KeyError`; `ConfigurationError`; `StartError`.
    func readTokenKeys() async throws {
        try await tokenKeys().load()
    }

    private func startedTokenKeys() async throws -> KeyRing {
        let keys = try tokenKeys()
        let isFile = try configuration.value(of: Settings.tokenKeys).hasPrefix("/")
        do {
            try await keys.load()
        } catch {
            guard !isFile else { throw StartError("SLUICE_TOKEN_KEYS: \(error)") }
        }
        return keys
    }

    private func tokenKeys() throws -> KeyRing {
        let place = try configuration.value(of: Settings.tokenKeys)
        let keepFor = try configuration.value(of: Settings.tokenKeysKeep)
        guard !place.hasPrefix("/") else { return KeyRing(FileKeySource(place), keepFor: keepFor, log: log) }
        guard let url = WebURL(place) else { throw StartError("SLUICE_TOKEN_KEYS is no plain web address") }
        let source = try WebKeySource(
            url, certificateAuthorities: try configuration.optionalValue(of: Settings.tokenKeysCertificateAuthorities),
            maximumAge: try configuration.value(of: Settings.tokenKeysMaxAge))
        return KeyRing(source, keepFor: keepFor, log: log)
    }

    private func tokenPolicy() throws -> TokenPolicy {
        let tenants = try configuration.optionalValue(of: Settings.tokenTenants) ?? []
        let mapping = ClaimMapping(
            tenant: try claim(Settings.tokenTenantClaim),
            tenants: try tenants.map { pair in
                guard let tenant = TenantID(pair.tenant) else { throw StartError("SLUICE_TOKEN_TENANTS names a tenant out of form") }
                return (pair.value, tenant)
            },
            user: try claim(Settings.tokenUserClaim), groups: try claim(Settings.tokenGroupsClaim),
            groupSource: try configuration.optionalValue(of: Settings.tokenGroupSource).flatMap { SourceName($0) },
            overage: try configuration.value(of: Settings.tokenOverageClaims).map { try claim($0, of: Settings.tokenOverageClaims.name) })
        return TokenPolicy(
            issuer: try configuration.value(of: Settings.tokenIssuer), audience: try configuration.value(of: Settings.tokenAudience),
            leeway: try configuration.value(of: Settings.tokenLeeway),
            queryID: try configuration.optionalValue(of: Settings.tokenQueryClaim).map { try claim($0, of: Settings.tokenQueryClaim.name) }, mapping: mapping)
    }

    private func claim(_ setting: Setting<String>) throws -> ClaimPath {
        try claim(try configuration.value(of: setting), of: setting.name)
    }

    private func claim(_ text: String, of setting: String) throws -> ClaimPath {
        guard let path = ClaimPath(text) else { throw StartError("\(setting) holds a path that is no JSON Pointer") }
        return path
    }
}
