// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Set-up installs librdkafka below .dev/prefix where the distribution's is too old (docs/setup.md);
// executables then have to find it at run time as well.
let privatePrefix = "\(Context.packageDirectory)/.dev/prefix/lib"
let runPath: [LinkerSetting] =
    FileManager.default.fileExists(atPath: privatePrefix)
    ? [.unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", privatePrefix])] : []

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

func library(_ name: String, _ path: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(path)", exclude: exclude, resources: resources, swiftSettings: strict)
}

func system(_ name: String, pkgConfig: String? = nil, package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/Platform/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(path ?? name)", exclude: exclude, swiftSettings: strict, linkerSettings: runPath)
}

/// Files that are embedded into the program as bytes.
func files(in folder: String, _ suffix: String) -> [Resource] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(Context.packageDirectory)/\(folder)")) ?? []
    return names.filter { $0.hasSuffix(".\(suffix)") }.sorted().map { .embedInCode($0) }
}

let package = Package(
    name: "sluice",
    targets: [
        // The command line: thin.
        .executableTarget(
            name: "sluice",
            dependencies: [
                "Contract", "Access", "Text", "Parsing", "Preparation", "References", "IngestionWorker", "Embedding", "Credentials", "Retrieval", "Index",
                "Administration", "Evaluation", "Transport", "WebClient",
                "Kafka", "Postgres", "HTTP", "Telemetry", "Configuration", "Digest", "Threads",
            ],
            path: "Sources/sluice", swiftSettings: strict, linkerSettings: runPath),

        // Pure: no C, no clock, no randomness.
        library("Contract", "Contract"),
        library("Access", "Access", ["Contract"]),
        library("Text", "Text"),
        library("Delivery", "Ingestion/Delivery"),
        library("Words", "Words", ["CICU", "CStemmer"]),
        library("Mirror", "Retrieval/Mirror", ["Words"]),

        // From bytes to chunks to vectors to rows, and back as answers.
        library("Parsing", "Ingestion/Parsing", ["Text", "CLibXML2", "CCmark"]),
        library("Preparation", "Ingestion/Preparation", ["Text"]),
        library("References", "Ingestion/References", ["Addresses", "WebClient", "Threads"]),
        library("Embedding", "Embedding", ["Contract", "Text", "Threads", "WebClient", "CDNNL"]),
        library("Index", "Index", ["Contract", "Mirror", "Postgres", "Digest", "Words"], resources: [.embedInCode("Queries")]),
        library("Transport", "Transport", ["Contract", "Kafka", "Postgres", "Telemetry", "Threads"]),
        library(
            "IngestionWorker", "Ingestion/Worker",
            [
                "Contract", "Delivery", "References", "Text", "Parsing", "Preparation", "Embedding", "Index", "Kafka", "Postgres", "Transport", "Telemetry",
                "Threads", "Digest", "Words",
            ]),
        library("Credentials", "Retrieval/Credentials", ["Contract", "Digest", "Telemetry", "Threads", "WebClient"]),
        library(
            "Retrieval", "Retrieval",
            [
                "Contract", "Credentials", "Delivery", "Text", "Embedding", "Index", "Kafka", "Mirror", "Transport", "Telemetry", "Threads", "Digest",
                "WebClient", "Words",
            ], exclude: ["Credentials", "Mirror"]),
        library("Evaluation", "Evaluation", ["Contract", "Access"]),
        library("Administration", "Administration", ["Access", "Contract", "Digest", "Index", "Kafka", "Postgres", "Migrations", "TopicDeclarations"]),

        // What the repository keeps at its top, for readers, and the program carries inside.
        // Named one by one: a manifest that lists the folder is cached, and a new file would be missed.
        .target(
            name: "Migrations", path: "migrations",
            resources: [
                .embedInCode("0001_foundation.sql"), .embedInCode("0002_fleet.sql"), .embedInCode("0003_terms-pending-list.sql"),
                .embedInCode("0004_retrieval.sql"), .embedInCode("0005_mirror.sql"), .embedInCode("0006_filters.sql"),
                .embedInCode("0007_freshness.sql"), .embedInCode("0008_audit.sql"), .embedInCode("0009_words.sql"),
                .embedInCode("0010_generations.sql"),
                .embedInCode("0011_tenants.sql"),
                .embedInCode("0012_snapshots.sql"),
                .embedInCode("0013_erasure.sql"),
                .embedInCode("0014_lifecycle.sql"),
                .embedInCode("0015_reindex.sql"),
            ],
            swiftSettings: strict),
        .target(name: "TopicDeclarations", path: "topics", exclude: ["asyncapi.yaml"], resources: files(in: "topics", "json"), swiftSettings: strict),

        // The platform: one wrapper per C library.
        library("Kafka", "Platform/Kafka", ["CKafka", "Threads"]),
        library("Postgres", "Platform/Postgres", ["CPostgres", "Threads"]),
        library("HTTP", "Platform/HTTP", ["CMicrohttpd"]),
        library("Telemetry", "Platform/Telemetry", []),
        library("Addresses", "Platform/Addresses", []),
        library("Configuration", "Platform/Configuration", ["Addresses"]),
        library("WebClient", "Platform/WebClient", ["Addresses", "Threads", "CCurl"]),
        library("Digest", "Platform/Digest", ["CCrypto"]),
        library("Threads", "Platform/Threads", []),
        system("CKafka", pkgConfig: "rdkafka", package: "librdkafka-dev"),
        system("CPostgres", pkgConfig: "libpq", package: "libpq-dev"),
        system("CLibXML2", pkgConfig: "libxml-2.0", package: "libxml2-dev"),
        system("CCmark", pkgConfig: "libcmark-gfm", package: "libcmark-gfm-dev"),
        system("CDNNL", package: "libdnnl-dev"),
        system("CMicrohttpd", pkgConfig: "libmicrohttpd", package: "libmicrohttpd-dev"),
        system("CCurl", pkgConfig: "libcurl", package: "libcurl4-openssl-dev"),
        system("CCrypto", pkgConfig: "libcrypto", package: "libssl-dev"),
        system("CStemmer", package: "libstemmer-dev"),
        system("CICU", pkgConfig: "icu-i18n", package: "libicu-dev"),
        tests("ContractTests", ["Contract"]),
        tests("AccessTests", ["Access", "Contract"]),

        tests("HTTPTests", ["HTTP"]),
        tests("TelemetryTests", ["Telemetry"]),
        tests("ConfigurationTests", ["Configuration", "Addresses"]),
        tests("CommandLineTests", ["sluice", "Access", "Administration", "Configuration", "Contract", "Evaluation", "Index", "Kafka"]),

        tests("ThreadsTests", ["Threads"]),
        tests("DigestTests", ["Digest"]),
        tests("PostgresTests", ["Postgres"]),

        tests("EmbeddingTests", ["Embedding", "Text", "WebClient", "WebServer"]),

        tests("TextTests", ["Text"]),
        tests("ParsingTests", ["Parsing", "Text"]),
        tests("DeliveryTests", ["Delivery"]),
        tests("PreparationTests", ["Preparation", "Text"]),
        .target(name: "MockCluster", dependencies: ["CKafka"], path: "Tests/MockCluster", swiftSettings: strict),
        tests("KafkaTests", ["Kafka", "MockCluster", "Threads"]),

        tests("ArchitectureTests", []),
        tests("RetrievalTests", ["Retrieval", "Index", "Contract", "Embedding", "Text", "WebClient", "WebServer"]),
        tests("IngestionWorkerTests", ["IngestionWorker", "Delivery", "Embedding", "Index", "Contract", "Kafka", "Postgres"]),
        tests("IndexTests", ["Index", "Access", "Administration", "Contract", "Digest", "Migrations", "Mirror", "Postgres", "Words"]),
        .target(
            name: "WebServer", path: "Tests/WebServer", exclude: ["server.py", "second_model.py"], swiftSettings: strict),
        .target(name: "TokenSigning", dependencies: ["CCrypto"], path: "Tests/TokenSigning", swiftSettings: strict),
        tests("CredentialsTests", ["Credentials", "Contract", "Digest", "Telemetry", "TokenSigning", "WebClient", "WebServer"]),
        tests("AddressesTests", ["Addresses"]),
        tests("WebClientTests", ["WebClient", "Addresses", "WebServer"]),
        tests("ReferencesTests", ["References", "WebClient", "Addresses", "WebServer"]),
        tests("WordsTests", ["Words"]),
        tests("ScenarioTests", ["sluice", "Contract", "Kafka", "Postgres", "WebClient", "WebServer"]),
        tests(
            "AdministrationTests",
            ["sluice", "Administration", "Contract", "Evaluation", "Index", "Kafka", "MockCluster", "Postgres", "Transport", "WebClient", "WebServer"]),

        // The fleet in virtual time: `make simulate`. No part of the product.
        .target(
            name: "Simulation", dependencies: ["Contract", "Delivery"], path: "Tests/Simulation", exclude: ["Command", "commit.pml"], swiftSettings: strict),
        .executableTarget(name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulation/Command", swiftSettings: strict),
        tests("SimulationTests", ["Simulation"]),
        tests("EvaluationTests", ["Evaluation", "Contract"]),
        // Drives single stages for Benchmarks/*.py.
        .executableTarget(
            name: "sluice-bench", dependencies: ["Contract", "Digest", "Index", "IngestionWorker", "Kafka", "Postgres", "Telemetry", "Threads", "Words"],
            path: "Benchmarks/Sources", swiftSettings: strict, linkerSettings: runPath),
        tests("MirrorTests", ["Mirror", "Words"]),
        tests(
            "LeakTests", ["Retrieval", "Index", "Access", "Administration", "Contract", "Digest", "Embedding", "Postgres", "Telemetry", "Words"],
            path: "Leaks"),
    ]
)
