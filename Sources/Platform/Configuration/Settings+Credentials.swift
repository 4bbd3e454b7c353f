/// How askers prove who they are.
extension Settings {
    package enum Credentials: String, Sendable, CaseIterable {
        /// Signed tokens alone, checked with the issuer's public keys.
        case signed
        /// The asker named in a query is believed: whoever can write to the query topic can ask as anybody.
        case trusted
    }

    package static let credentials = Setting(
        "SLUICE_CREDENTIALS", SettingKind<Credentials>.choice,
        "How askers prove who they are: `signed` tokens, or `trusted` to say so. `sluice retrieve` needs it.")

    /// What only `signed` has a use for.
    static let ofTokens: [any AnySetting] = [
        tokenKeys, tokenKeysCertificateAuthorities, tokenKeysMaxAge, tokenKeysKeep, tokenIssuer, tokenAudience, tokenLeeway,
        tokenTenantClaim, tokenTenants, tokenUserClaim, tokenGroupsClaim, tokenGroupSource, tokenOverageClaims, tokenQueryClaim,
    ]

    // MARK: Keys

    package static let tokenKeys = Setting(
        "SLUICE_TOKEN_KEYS", .keySet, "The issuer's public keys: a JSON Web Key Set.")

    package static let tokenKeysCertificateAuthorities = Setting(
        "SLUICE_TOKEN_KEYS_CA_FILE", .text("a PEM file"), default: .absent("the system's"), "Certificate authorities of the server that has them.")

    /// A key that was withdrawn is believed for as long.
    package static let tokenKeysMaxAge = Setting(
        "SLUICE_TOKEN_KEYS_MAX_AGE", .milliseconds(60_000...86_400_000), default: "300000", "How old keys from a server may get before they are read again.")

    /// An issuer that is down issues no tokens, and those it has issued commonly live for an hour.
    package static let tokenKeysKeep = Setting(
        "SLUICE_TOKEN_KEYS_KEEP", .milliseconds(1000...604_800_000), default: "3600000",
        "How long keys are kept while they cannot be read again; then queries are unavailable.")

    // MARK: What a token says

    package static let tokenIssuer = Setting("SLUICE_TOKEN_ISSUER", .text("a token's iss, byte for byte"), "Who issues the tokens.")

    package static let tokenAudience = Setting("SLUICE_TOKEN_AUDIENCE", .text("one of a token's aud, byte for byte"), "Whom the tokens are for.")

    package static let tokenLeeway = Setting(
        "SLUICE_TOKEN_LEEWAY", .milliseconds(0...300_000), default: "30000", "How far the issuer's clock and this one may be apart.")

    package static let tokenTenantClaim = Setting("SLUICE_TOKEN_TENANT_CLAIM", .claim, default: "tenant", "The claim that names the tenant.")

    package static let tokenTenants = Setting(
        "SLUICE_TOKEN_TENANTS", .namedTenants, default: .absent("the claim is the tenant's name"), "Tenants by the claim's values; no other value is taken.")

    package static let tokenUserClaim = Setting("SLUICE_TOKEN_USER_CLAIM", .claim, default: "sub", "The claim that becomes user:NAME.")

    package static let tokenGroupsClaim = Setting(
        "SLUICE_TOKEN_GROUPS_CLAIM", .claim, default: "groups", "The claim whose values become groups; a token may go without.")

    package static let tokenGroupSource = Setting(
        "SLUICE_TOKEN_GROUP_SOURCE",
        .word("a source's name: A-Z a-z 0-9 . _ ~ -, up to 64", limit: 64) { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || [0x2E, 0x5F, 0x7E, 0x2D].contains(byte)
        },
        default: .absent("the values are whole principals"), "The claim's values become group:SOURCE/VALUE.")

    package static let tokenOverageClaims = Setting(
        "SLUICE_TOKEN_OVERAGE_CLAIMS", .claims, default: "_claim_names, hasgroups", "Claims that say that groups were left out: refused unless false.")

    package static let tokenQueryClaim = Setting(
        "SLUICE_TOKEN_QUERY_CLAIM", .claim, default: .absent("tokens serve any number of queries"), "The claim that holds the id of the one query it is for.")
}

/// A value of a claim and the tenant it stands for.
package struct NamedTenant: Sendable, Hashable {
    package let value: String
    package let tenant: String
}

extension SettingKind where Value == String {
    fileprivate static var keySet: SettingKind {
        SettingKind(allowed: "https://…, /file", unit: nil) { text in
            let isServer = text.hasPrefix("https://") && text.utf8.count > 8
            return isServer || (text.hasPrefix("/") && text.utf8.count > 1) ? text : nil
        }
    }

    fileprivate static var claim: SettingKind { text(claimForm) }
}

extension SettingKind where Value == [String] {
    fileprivate static var claims: SettingKind { list("\(claimForm), …") }
}

extension SettingKind where Value == [NamedTenant] {
    /// The value ends at the last `=`: an address may hold others.
    fileprivate static var namedTenants: SettingKind {
        list("value=tenant, value=tenant") { text in
            guard let end = text.lastIndex(of: "=") else { return nil }
            let pair = NamedTenant(value: trimmed(text[..<end]), tenant: trimmed(text[text.index(after: end)...]))
            return pair.value.isEmpty || pair.tenant.isEmpty ? nil : pair
        }
    }
}

private let claimForm = "a claim's name, or /a/path to it"
