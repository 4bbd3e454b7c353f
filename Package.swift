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

let package = Package(
    name: "sluice",
    targets: [
        // The command line: thin.
        .executableTarget(
            name: "sluice",
            dependencies: ["Contract", "Access", "Text", "Parsing", "Preparation", "IngestionWorker", "Embedding", "Retrieval", "Index", "Administration", "Kafka", "Postgres", "HTTP", "Telemetry", "Digest", "Threads"],
            path: "Sources/sluice", swiftSettings: strict, linkerSettings: runPath),

        // Pure: no C, no clock, no randomness.
        library("Contract", "Contract"),
        library("Access", "Access", ["Contract"]),
        library("Text", "Text"),

        // From bytes to chunks to vectors to rows, and back as answers.
        library("Parsing", "Ingestion/Parsing", ["Text", "CLibXML2", "CCmark"]),
        library("Preparation", "Ingestion/Preparation", ["Text"]),
        library("Embedding", "Embedding", ["Text", "Threads", "CDNNL"]),
        library("Index", "Index", ["Contract", "Access", "Postgres", "Digest"], resources: [.embedInCode("Queries")]),
        library("IngestionWorker", "Ingestion/Worker", ["Contract", "Access", "Text", "Parsing", "Preparation", "Embedding", "Index", "Kafka", "Telemetry", "Threads", "Digest"]),
        library("Retrieval", "Retrieval", ["Contract", "Access", "Text", "Embedding", "Index", "Kafka", "Telemetry", "Threads", "Digest"]),
        library("Administration", "Administration", ["Contract", "Index", "Kafka", "Postgres"]),

        // The platform: one wrapper per C library.
        library("Kafka", "Platform/Kafka", ["CKafka", "Threads"]),
        library("Postgres", "Platform/Postgres", ["CPostgres", "Threads"]),
        library("HTTP", "Platform/HTTP", ["CMicrohttpd"]),
        library("Telemetry", "Platform/Telemetry", []),
        library("Digest", "Platform/Digest", ["CCrypto"]),
        library("Threads", "Platform/Threads", []),
        system("CKafka", pkgConfig: "rdkafka", package: "librdkafka-dev"),
        system("CPostgres", pkgConfig: "libpq", package: "libpq-dev"),
        system("CLibXML2", pkgConfig: "libxml-2.0", package: "libxml2-dev"),
        system("CCmark", pkgConfig: "libcmark-gfm", package: "libcmark-gfm-dev"),
        system("CDNNL", package: "libdnnl-dev"),
        system("CMicrohttpd", pkgConfig: "libmicrohttpd", package: "libmicrohttpd-dev"),
        system("CCrypto", pkgConfig: "libcrypto", package: "libssl-dev"),
        tests("KafkaTests", ["Kafka", "Threads"]),
    ]
)
