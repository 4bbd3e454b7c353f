import Foundation
import Testing

/// The house of docs/architecture.md, as the imports have it.
struct ArchitectureTests {
    /// A target, where it lives, and the only targets it may import. Arrows point down: none names one above itself.
    private static let house: [(target: String, folder: String, imports: Set<String>)] = [
        ("Contract", "Contract", []),
        ("Access", "Access", ["Contract"]),
        ("Text", "Text", []),
        ("Evaluation", "Evaluation", ["Access", "Contract"]),
        ("Words", "Words", ["CICU", "CStemmer"]),
        ("Threads", "Platform/Threads", []),
        ("Telemetry", "Platform/Telemetry", []),
        ("Addresses", "Platform/Addresses", []),
        ("Configuration", "Platform/Configuration", ["Addresses"]),
        ("Digest", "Platform/Digest", ["CCrypto"]),
        ("HTTP", "Platform/HTTP", ["CMicrohttpd"]),
        ("WebClient", "Platform/WebClient", ["Addresses", "CCurl", "Threads"]),
        ("Kafka", "Platform/Kafka", ["CKafka", "Threads"]),
        ("Postgres", "Platform/Postgres", ["CPostgres", "Threads"]),
        ("Parsing", "Ingestion/Parsing", ["CCmark", "CLibXML2", "Text"]),
        ("Delivery", "Ingestion/Delivery", []),
        ("Preparation", "Ingestion/Preparation", ["Text"]),
        ("References", "Ingestion/References", ["Addresses", "Threads", "WebClient"]),
        ("Embedding", "Embedding", ["CDNNL", "Contract", "Text", "Threads", "WebClient"]),
        ("Mirror", "Retrieval/Mirror", ["Words"]),
        ("Index", "Index", ["Contract", "Digest", "Mirror", "Postgres", "Words"]),
        ("Transport", "Transport", ["Contract", "Kafka", "Postgres", "Telemetry", "Threads"]),
        (
            "IngestionWorker", "Ingestion/Worker",
            [
                "Contract", "Delivery", "Digest", "Embedding", "Index", "Kafka", "Parsing", "Postgres", "Preparation", "References", "Telemetry", "Text",
                "Threads", "Transport", "Words",
            ]
        ),
        ("Credentials", "Retrieval/Credentials", ["Contract", "Digest", "Telemetry", "Threads", "WebClient"]),
        (
            "Retrieval", "Retrieval",
            [
                "Contract", "Credentials", "Delivery", "Digest", "Embedding", "Index", "Kafka", "Mirror", "Telemetry", "Text", "Threads", "Transport",
                "WebClient", "Words",
            ]
        ),
        ("Administration", "Administration", ["Access", "Contract", "Digest", "Index", "Kafka", "Migrations", "Postgres", "TopicDeclarations"]),
    ]
    /// The command line may use everything but C.
    private static let top = "sluice"
    private static let pure: Set<String> = ["Contract", "Access", "Text", "Mirror", "Evaluation"]
    /// Files of pure targets that need the system after all, for normal forms and for logarithms.
    private static let systemImports: [String: Set<String>] = [
        "Sources/Contract/Names/NFC.swift": ["Foundation"], "Sources/Evaluation/Measures/Figures.swift": ["Glibc"],
    ]
    private static let system: Set<String> = ["Foundation", "Glibc", "Synchronization", "Dispatch"]

    private static func target(of file: SourceFile) -> String? {
        if file.path.hasPrefix("Sources/\(top)/") { return top }
        return house.first { file.path.hasPrefix("Sources/\($0.folder)/") }?.target
    }

    @Test func `every file belongs to a target of the house`() {
        #expect(SourceFile.all.count > 100)
        #expect(SourceFile.all.filter { Self.target(of: $0) == nil }.map(\.path) == [])
    }

    @Test func `nobody imports what is above`() {
        for file in SourceFile.all {
            let target = Self.target(of: file)
            guard let allowed = Self.house.first(where: { $0.target == target })?.imports else { continue }
            #expect(Set(file.imports).subtracting(Self.system).subtracting(allowed) == [], "\(file.path)")
        }
        for (index, entry) in Self.house.enumerated() {
            #expect(Self.house[index...].contains { entry.imports.contains($0.target) } == false, "\(entry.target) points up")
        }
    }

    @Test func `pure targets know neither C nor the system`() {
        for file in SourceFile.all where Self.target(of: file).map(Self.pure.contains) == true {
            #expect(Set(file.imports).intersection(Self.system).subtracting(Self.systemImports[file.path] ?? []) == [], "\(file.path)")
            for call in ["random(", "randomElement(", "shuffled(", "SystemRandomNumberGenerator", "ContinuousClock", "SuspendingClock", "Date("] {
                #expect(!file.code.contains(call), "\(file.path): \(call)")
            }
        }
    }

    @Test func `a C library is imported by its one wrapper`() {
        var owners: [String: Set<String>] = [:]
        for file in SourceFile.all {
            for module in file.imports where FileManager.default.fileExists(atPath: SourceFile.root.appending(path: "Sources/Platform/C/\(module)").path) {
                owners[module, default: []].insert(Self.target(of: file) ?? file.path)
            }
        }
        #expect(
            owners == [
                "CCmark": ["Parsing"], "CCrypto": ["Digest"], "CCurl": ["WebClient"], "CDNNL": ["Embedding"], "CICU": ["Words"], "CKafka": ["Kafka"],
                "CLibXML2": ["Parsing"],
                "CMicrohttpd": ["HTTP"],
                "CPostgres": ["Postgres"], "CStemmer": ["Words"],
            ])
    }

    @Test func `statements are files of the index, and stand nowhere else`() throws {
        let verbs = ["select ", "insert into ", "update ", "delete from ", "create table ", "alter table ", "with recursive "]
        // Of the server and the session, not of the schema: the wrapper's own business.
        let allowed: Set<String> = ["Sources/Platform/Postgres/Session.swift", "Sources/Platform/Postgres/PostgresType.swift"]
        for file in SourceFile.all where !allowed.contains(file.path) {
            let found = file.literals.filter { literal in
                let text = literal.lowercased().drop { $0.isWhitespace }
                return verbs.contains { text.hasPrefix($0) }
            }
            #expect(found == [], "\(file.path)")
        }
        let queries = try FileManager.default.contentsOfDirectory(atPath: SourceFile.root.appending(path: "Sources/Index/Queries").path)
        let statements = try #require(SourceFile.all.first { $0.path == "Sources/Index/Statements.swift" })
        for query in queries { #expect(statements.literals.contains(query.replacing(".sql", with: "")), "\(query) is embedded but named by no statement") }
    }

    @Test func `files stay short, and nothing is forced or put off`() {
        for file in SourceFile.all {
            #expect(file.lines.count <= 500, "\(file.path)")
            for word in ["fatalError", "try!", "as!"] { #expect(!file.code.contains(word), "\(file.path): \(word)") }
            for mark in ["TODO", "FIXME", "XXX"] { #expect(!file.text.contains(mark), "\(file.path): \(mark)") }
        }
    }

    @Test func `code is told from comments and literals`() {
        let file = SourceFile(
            path: "", text: "// try!\n@testable import A\nimport struct B.C\nlet a = \"as! \\\" //\" // as!\nlet b = \"\"\"\n  \"q\"\n  \"\"\"\n")
        #expect(file.imports == ["A", "B"])
        #expect(file.literals == ["as! \\\" //", "\n  \"q\"\n  "])
        #expect(file.code == "\n@testable import A\nimport struct B.C\nlet a = \"\" \nlet b = \"\"\n")
    }
}
