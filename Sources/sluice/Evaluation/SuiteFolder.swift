import Contract
import Evaluation
import Foundation

/// A suite on disk.
struct SuiteFolder: Sendable {
    let path: String
    let suite: Suite

    /// Where the baseline stands unless somebody says otherwise.
    var baselinePath: String { file("baseline.json") }

    /// - Parameter tenant: in whose topics it is run, instead of its own.
    /// - Throws: `ClientError` with file and line.
    init(_ path: String, tenant: TenantID? = nil, modes: [Query.Mode] = []) throws {
        self.path = path
        do throws(SuiteError) {
            var suite = try SuiteReader.read({ FileManager.default.contents(atPath: "\(path)/\($0)").map { [UInt8]($0) } }) {
                let folder = "\(path)/\(SuiteReader.documentFolder)"
                return FileManager.default.fileExists(atPath: folder) ? (try? FileTree.files(at: [folder]).map(\.subject)) ?? [] : []
            }
            if let tenant { suite.settings.tenant = tenant }
            self.suite = modes.isEmpty ? suite : suite.limited(to: modes)
        } catch {
            throw ClientError("\(path)/\(error)", exitCode: .usage)
        }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Nothing where there is no such file.
    static func run(at path: String) throws -> EvaluationRun? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do throws(SuiteError) {
            return try EvaluationRun(parsing: try bytes(path), file: path)
        } catch {
            throw ClientError("\(error)", exitCode: .usage)
        }
    }

    private static func bytes(_ path: String) throws(SuiteError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw SuiteError(path, "cannot be read") }
        return [UInt8](data)
    }
}

extension Suite {
    var tenant: TenantID { settings.tenant }

    /// Memberships and entries before documents, so that no document is there before it is known who may see it.
    func events(_ folder: SuiteFolder) throws -> [SourceEvent] {
        let groups = memberships.map { SourceEvent.group(key($0.source, $0.group), members: $0.members) }
        let entries = permissions.map { SourceEvent.permissions(key($0.subject), list: $0.list, parent: $0.parent) }
        let mediaTypes = try MediaTypeTable()
        let documents = try documents.map { document in
            var details = DocumentDetails(
                mediaType: document.mediaType, title: document.title, uri: document.uri, container: document.container, language: document.language)
            let content: [UInt8]
            switch document.content {
            case .text(let text):
                content = Array(text.utf8)
                details.mediaType = details.mediaType ?? "text/plain"
            case .file(let path):
                content = try readFile(folder.file(path))
                details.mediaType = details.mediaType ?? mediaTypes[path: path]
            }
            let event = SourceEvent.document(key(document.name), content: content, details)
            guard event.fitsRecord else { throw ClientError("a document of the suite is larger than a record may be (8 MiB)", exitCode: .usage) }
            return event
        }
        return groups + entries + documents
    }

    /// Takes back what was published: documents first.
    var removals: [SourceEvent] {
        documents.map { SourceEvent.documentDeleted(key($0.name)) } + permissions.map { SourceEvent.permissionsRemoved(key($0.subject)) }
            + memberships.map { SourceEvent.groupRemoved(key($0.source, $0.group)) }
    }

    private func key(_ name: DocumentName) -> RecordKey { key(name.source, name.subject) }

    private func key(_ source: SourceName, _ subject: Subject) -> RecordKey { RecordKey(tenant: tenant, source: source, subject: subject) }
}
