import Addresses
import Testing

@testable import Configuration

@Suite struct `The settings in force` {
    private func problems(_ environment: [String: String]) -> [ConfigurationError.Problem] {
        do {
            try Configuration(environment: environment).validate()
            return []
        } catch {
            return error.problems
        }
    }

    @Test func `nothing set is allowed, and defaults are in force`() throws {
        let configuration = try Configuration.validated(environment: ["PATH": "/bin"])
        #expect(try configuration.value(of: Settings.sessionTimeout) == .milliseconds(6000))
        #expect(try configuration.value(of: Settings.embedding) == [.minilm])
        #expect(try configuration.value(of: Settings.generation) == "g1")
        #expect(try configuration.optionalValue(of: Settings.httpPort) == nil)
        #expect(try configuration.optionalValue(of: Settings.credentials) == nil)
        #expect(configuration.unknownSettings.isEmpty)
    }

    @Test func `values are read by their kind`() throws {
        let configuration = try Configuration.validated(environment: [
            "SLUICE_HTTP_PORT": "0", "SLUICE_CREDENTIALS": "trusted", "SLUICE_DIAGNOSTICS": "acme, globex", "SLUICE_LOG_LEVEL": "debug",
        ])
        #expect(try configuration.value(of: Settings.httpPort) == 0)
        #expect(try configuration.value(of: Settings.credentials) == .trusted)
        #expect(try configuration.value(of: Settings.diagnostics) == ["acme", "globex"])
        #expect(try configuration.value(of: Settings.logLevel) == .debug)
    }

    @Test func `what documents may refer to is read whole`() throws {
        let configuration = try Configuration.validated(environment: [
            "SLUICE_REFERENCE_HOSTS": "files.example, *.b.example:8443, http://intranet", "SLUICE_REFERENCE_FOLDERS": "/data/a, /data/b",
            "SLUICE_REFERENCE_PRIVATE_NETWORKS": "10.0.0.0/8,fd00::/8", "SLUICE_REFERENCE_TIMEOUT": "500",
        ])
        #expect(
            try configuration.value(of: Settings.referenceHosts).map(\.description) == ["https://files.example", "https://*.b.example:8443", "http://intranet"])
        #expect(try configuration.value(of: Settings.referenceFolders) == ["/data/a", "/data/b"])
        #expect(try configuration.value(of: Settings.referencePrivateNetworks).map(\.description) == ["10.0.0.0/8", "fd00::/8"])
        #expect(try configuration.value(of: Settings.referenceTimeout) == .milliseconds(500))
        #expect(try configuration.optionalValue(of: Settings.referenceCertificateAuthorities) == nil)
    }

    @Test func `models are a list, and an endpoint that is described is one of them`() throws {
        let endpoint = [
            "SLUICE_EMBEDDING_URL": "http://e5:8080/v1", "SLUICE_EMBEDDING_PASSAGE_PREFIX": "passage: ", "SLUICE_EMBEDDING_INPUT_TYPES": "query, passage",
        ]
        let configuration = try Configuration.validated(environment: endpoint.merging(["SLUICE_EMBEDDING": "minilm, endpoint"]) { $1 })
        #expect(try configuration.value(of: Settings.embedding) == [.minilm, .endpoint])
        #expect(try configuration.value(of: Settings.embeddingPassagePrefix) == "passage: ")
        #expect(try configuration.value(of: Settings.embeddingInputTypes) == ["query", "passage"])
        #expect(problems(["SLUICE_EMBEDDING_INPUT_TYPES": "query", "SLUICE_EMBEDDING": "endpoint"]).map(\.code) == [.notAllowed])
        #expect(
            problems(endpoint).map(\.message).first
                == "SLUICE_EMBEDDING must be endpoint, or have it among others, to go with SLUICE_EMBEDDING_URL")
    }

    @Test func `an empty variable counts as unset`() throws {
        #expect(try Configuration.validated(environment: ["SLUICE_INTAKE_RECORDS": ""]).value(of: Settings.intakeRecords) == 2000)
    }

    @Test(arguments: [
        ("SLUICE_SESSION_TIMEOUT", "5999"), ("SLUICE_SESSION_TIMEOUT", "6s"), ("SLUICE_INTAKE_RECORDS", "0"), ("SLUICE_INTAKE_RECORDS", "99999999999999999999"),
        ("SLUICE_INTAKE_RECORDS", " 5"), ("SLUICE_EMBEDDING", "MiniLM"), ("SLUICE_EMBEDDING", "stub, stub"), ("SLUICE_EMBEDDING", ","),
        ("SLUICE_HTTP_PORT", "65536"), ("SLUICE_DIAGNOSTICS", "a,,b"),
        ("SLUICE_GENERATION", "g1; drop table"), ("SLUICE_GENERATION", String(repeating: "g", count: 33)), ("SLUICE_CREDENTIALS", "yes"),
        ("SLUICE_REFERENCE_HOSTS", "*"), ("SLUICE_REFERENCE_HOSTS", "a.example,"), ("SLUICE_REFERENCE_HOSTS", "https://a.example/x"),
        ("SLUICE_REFERENCE_FOLDERS", "data"), ("SLUICE_REFERENCE_FOLDERS", "/"), ("SLUICE_REFERENCE_PRIVATE_NETWORKS", "10.0.0.1/8"),
        ("SLUICE_REFERENCE_TIMEOUT", "0"),
    ])
    func `what is not allowed names the setting, the value and what is allowed`(name: String, text: String) throws {
        let problem = try #require(problems([name: text]).first)
        let setting = try #require(Settings.all.first { $0.name == name })
        #expect(problem.code == .notAllowed && problem.settings == [name])
        #expect(problem.message == "\(name) is \"\(text)\"; allowed: \(setting.allowedWithUnit)")
    }

    @Test func `a secret's value is in no error and no description`() throws {
        let secrets = Settings.all.filter(\.isSecret)
        #expect(secrets.count == 5)
        for value in ["hunter2", "mysql://u:hunter2@host/db", "sasl.password=hunter2", "postgresql://u:hunter2@host/db", "hunter2=1;group.id=hunter2"] {
            let environment = Dictionary(uniqueKeysWithValues: secrets.map { ($0.name, value) })
            let configuration = Configuration(environment: environment)
            #expect(!configuration.describe().contains { "\($0)".contains("hunter2") })
            #expect(configuration.describe().filter { $0.value == "(set)" }.count == 5)
            #expect(!problems(environment).contains { "\($0)".contains("hunter2") })
        }
    }

    @Test func `settings that contradict each other are both named`() {
        let drain = problems(["SLUICE_DRAIN_TIMEOUT": "6000"])
        #expect(drain.map(\.code) == [.contradiction])
        #expect(drain.first?.message == "SLUICE_DRAIN_TIMEOUT must be below SLUICE_SESSION_TIMEOUT")
        #expect(drain.first?.settings == ["SLUICE_DRAIN_TIMEOUT", "SLUICE_SESSION_TIMEOUT"])
        #expect(problems(["SLUICE_CHUNK_TOKENS": "32"]).first?.settings == ["SLUICE_CHUNK_OVERLAP_TOKENS", "SLUICE_CHUNK_TOKENS"])
    }

    @Test func `every problem is told at once, and an unreadable value contradicts nothing`() {
        let found = problems(["SLUICE_DRAIN_TIMEOUT": "x", "SLUICE_SESSION_TIMEOUT": "7000", "SLUICE_EMBEDDING": "y", "SLUICE_CHUNK_TOKENS": "20"])
        #expect(found.map(\.code) == [.notAllowed, .notAllowed, .contradiction])
    }

    @Test func `databases fall back on the one that is set`() throws {
        let owner = "postgresql://owner@host/db"
        let ingest = "postgres://ingest@host/db"
        let configuration = try Configuration.validated(environment: ["SLUICE_DATABASE_URL": owner, "SLUICE_DATABASE_INGEST_URL": ingest])
        #expect(try configuration.value(of: Settings.databaseIngestURL) == ingest)
        #expect(try configuration.value(of: Settings.databaseRetrievalURL) == owner)
        #expect(throws: Never.self) { try configuration.require(Settings.databaseAdminURL) }
    }

    @Test func `what describes tokens is refused beside believing everybody, with both names`() {
        let problems = Configuration(environment: ["SLUICE_CREDENTIALS": "trusted", "SLUICE_TOKEN_ISSUER": "x", "SLUICE_TOKEN_LEEWAY": "0"])
        let error = #expect(throws: ConfigurationError.self) { try problems.validate() }
        #expect(error?.problems.map(\.settings) == [["SLUICE_CREDENTIALS", "SLUICE_TOKEN_ISSUER"], ["SLUICE_CREDENTIALS", "SLUICE_TOKEN_LEEWAY"]])
        #expect(error?.problems.first?.message == "SLUICE_CREDENTIALS must be signed, to go with SLUICE_TOKEN_ISSUER")
        #expect(throws: Never.self) { try Configuration(environment: ["SLUICE_CREDENTIALS": "signed", "SLUICE_TOKEN_ISSUER": "x"]).validate() }
        let ages = #expect(throws: ConfigurationError.self) {
            try Configuration.validated(environment: ["SLUICE_TOKEN_KEYS_MAX_AGE": "60000", "SLUICE_TOKEN_KEYS_KEEP": "60000"])
        }
        let reranker = #expect(throws: ConfigurationError.self) { try Configuration.validated(environment: ["SLUICE_RERANK_KEY_FILE": "/key"]) }
        #expect(reranker?.problems.map(\.settings) == [["SLUICE_RERANK_URL", "SLUICE_RERANK_KEY_FILE"]])
        #expect(ages?.problems.map(\.settings) == [["SLUICE_TOKEN_KEYS_MAX_AGE", "SLUICE_TOKEN_KEYS_KEEP"]])
    }

    @Test func `what a command needs and lacks is named at once`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(environment: [:]).require(Settings.credentials, Settings.intakeBytes, Settings.databaseAdminURL)
        }
        #expect(error?.problems.map(\.settings) == [["SLUICE_CREDENTIALS"], ["SLUICE_DATABASE_ADMIN_URL", "SLUICE_DATABASE_URL"]])
        #expect(error?.description.hasPrefix("SLUICE_CREDENTIALS is not set; allowed: signed, trusted\nneither SLUICE_DATABASE_ADMIN_URL nor ") == true)
    }

    @Test func `an unknown variable is reported with the setting that was meant, a test's own is not`() {
        let configuration = Configuration(environment: ["SLUICE_INTAKE_RECROD": "1", "SLUICE_WEATHER_FORECAST": "1", "SLUICE_TEST_SEED": "1", "OTHER": "1"])
        #expect(configuration.unknownSettings.map(\.name) == ["SLUICE_INTAKE_RECROD", "SLUICE_WEATHER_FORECAST"])
        #expect(configuration.unknownSettings.map(\.nearest) == ["SLUICE_INTAKE_RECORDS", nil])
    }

    @Test func `the table is sound: names once, defaults allowed, help given`() {
        let names = Settings.all.map(\.name)
        #expect(Set(names).count == names.count)
        for setting in Settings.all {
            #expect(setting.name.hasPrefix("SLUICE_") && setting.help.hasSuffix("."))
            if case .value(let text) = setting.fallback { #expect(setting.allows(text), "\(setting.name)") }
            if case .setting(let name) = setting.fallback { #expect(names.contains(name)) }
        }
    }
}

@Suite struct `Kafka properties` {
    private func read(_ text: String) -> [KafkaProperty]? {
        Settings.kafkaProperties.kind.parse(text)
    }

    @Test func `pairs are parted by semicolons, and a doubled one belongs to the value`() {
        #expect(
            read("security.protocol=SASL_SSL; sasl.password=a;;b=c ;") == [
                KafkaProperty(name: "security.protocol", value: "SASL_SSL"), KafkaProperty(name: "sasl.password", value: "a;b=c "),
            ])
        #expect(read("ssl.key.password=") == [KafkaProperty(name: "ssl.key.password", value: "")])
    }

    @Test(arguments: ["security.protocol", "=x", "Security=x", "a b=c", "enable.auto.commit=true", "group.id=mine", "a=b;bootstrap.servers=x"])
    func `what is no pair, or Sluice's own to set, is refused`(text: String) {
        #expect(read(text) == nil)
    }
}

@Suite struct `Nearest name` {
    @Test(arguments: [("ingst", "ingest"), ("retreive", "retrieve"), ("tenat", "tenant"), ("ingest", "ingest")])
    func `a slip of the finger finds its word`(word: String, expected: String) {
        #expect(nearestName(to: word, among: ["ingest", "retrieve", "tenant"]) == expected)
    }

    @Test(arguments: ["", "x", "weather", "\u{1F600}"])
    func `what is far from all finds none`(word: String) {
        #expect(nearestName(to: word, among: ["ingest", "retrieve", "tenant"]) == nil)
    }

    @Test func `distance counts insertions, deletions, replacements and swaps`() {
        let pairs = [("", "", 0), ("abc", "", 3), ("", "abc", 3), ("abc", "abd", 1), ("abcd", "acbd", 1), ("kitten", "sitting", 3)]
        for (left, right, distance) in pairs { #expect(editDistance(Array(left.utf8), Array(right.utf8)) == distance) }
    }
}
