import Foundation
import Glibc
import Testing

@testable import References

/// A folder for documents, and one beside it that nobody may refer to.
struct FolderFileTests: ~Copyable {
    private let top: String
    private let fetcher: ReferenceFetcher

    init() throws {
        top = FileManager.default.temporaryDirectory.appending(path: "references-\(UUID().uuidString)").path
        for folder in ["/docs/below", "/docs-secret", "/secret"] {
            try FileManager.default.createDirectory(atPath: top + folder, withIntermediateDirectories: true)
        }
        for (path, text) in [
            ("/docs/a b.txt", "hello"), ("/docs/below/b", "below"), ("/docs/empty", ""), ("/secret/s", "secret"), ("/docs-secret/s", "secret"),
        ] {
            try Data(text.utf8).write(to: URL(filePath: top + path))
        }
        for (link, target) in [
            ("/docs/inside", "below/b"), ("/docs/outside", "../secret/s"), ("/docs/folder", "../secret"), ("/docs/loop", "loop"),
            ("/docs/absolute", "/etc/passwd"),
            ("/named", "docs"),
        ] {
            try FileManager.default.createSymbolicLink(atPath: top + link, withDestinationPath: target)
        }
        #expect(mkfifo(top + "/docs/pipe", 0o600) == 0)
        // Named by a link, as mounts often are.
        fetcher = try ReferenceFetcher(
            policy: ReferencePolicy(folders: [top + "/named"]), limits: ReferenceFetcher.Limits(maximumBytes: 5, timeLimit: .seconds(30)))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: top)
    }

    private func fetch(_ path: String) async -> Result<FetchedReference, ReferenceError> {
        do { return .success(try await fetcher.fetch("file://\(top)\(path)")) } catch { return .failure(error) }
    }

    private func kind(_ path: String) async -> ReferenceError.Kind? {
        guard case .failure(let error) = await fetch(path) else { return nil }
        #expect(!error.description.contains(top))
        return error.kind
    }

    @Test func `a file below the folder is read, by either name of the folder`() async throws {
        for path in ["/named/a%20b.txt", "/docs/a%20b.txt"] {
            #expect(try await fetch(path).get() == FetchedReference(bytes: Array("hello".utf8), mediaType: nil))
        }
        #expect(try await fetch("/named/below/b").get().bytes == Array("below".utf8))
        #expect(try await fetch("/named/inside").get().bytes == Array("below".utf8))
        #expect(try await fetch("/named/empty").get().bytes == [])
    }

    @Test func `nothing outside is read, whatever leads there`() async {
        for path in ["/secret/s", "/docs-secret/s", "/named/outside", "/named/folder/s", "/named/absolute", "/secret/missing", "/docs", "/named"] {
            #expect(await kind(path) == .refused, "\(path)")
        }
    }

    @Test func `only a regular file is read, and nothing waits for a pipe`() async {
        #expect(await kind("/named/pipe") == .refused)
        #expect(await kind("/named/below") == .refused)
    }

    @Test func `a file that is missing has failed for good`() async {
        for path in ["/named/missing", "/named/a%20b.txt/x", "/named/loop", "/named/" + String(repeating: "x", count: 300)] {
            #expect(await kind(path) == .failed, "\(path)")
        }
    }

    @Test func `a file beyond the limit is too large`() async throws {
        try Data("hello!".utf8).write(to: URL(filePath: top + "/docs/large"))
        #expect(await kind("/named/large") == .tooLarge)
    }

    @Test func `a file put in place of a judged one is judged again`() async throws {
        let outside = FolderFile(path: top + "/named/folder/s", folders: [try #require(ReferenceFolder(top + "/docs"))])
        #expect(throws: ReferenceError(.refused, "the file is outside the allowed folders")) { _ = try outside.read(maximumBytes: 100) }
    }
}
