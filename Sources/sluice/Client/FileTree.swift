import Contract
import Foundation

/// A file to be published, and the subject it becomes.
struct PublishedFile: Sendable, Equatable {
    let path: String
    /// Below the folder that was named; the name itself of a file that was.
    let subject: String
    let bytes: Int
    let modifiedAt: Timestamp
}

/// The regular files of some folders, in the byte order of their paths, so that every run publishes in the same order.
///
/// Hidden files and folders (`.git`) are left out. Links to files are followed, links to folders below are not: they may lead in circles.
enum FileTree {
    /// - Throws: `ClientError` for what is not there or cannot be read; `UsageError` where two files would be one document.
    static func files(at paths: [String]) throws -> [PublishedFile] {
        var files: [PublishedFile] = []
        for path in paths {
            let status = try status(of: path)
            if status.isFolder {
                try walk(path, below: "", into: &files)
            } else {
                files.append(status.file(path, subject: String(path.split(separator: "/").last ?? "")))
            }
        }
        var bySubject: [String: String] = [:]
        for file in files {
            if let other = bySubject.updateValue(file.path, forKey: file.subject) {
                throw UsageError("\(other) and \(file.path) would be one document, \(file.subject); publish their folders one by one")
            }
        }
        return files
    }

    private static func walk(_ folder: String, below prefix: String, into files: inout [PublishedFile]) throws {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw ClientError("\(folder) cannot be listed")
        }
        for name in names.filter({ !$0.hasPrefix(".") }).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            let subject = prefix + name
            let status = try status(of: path)
            if status.isFolder {
                if !isLink(path) { try walk(path, below: subject + "/", into: &files) }
            } else if status.isFile {
                files.append(status.file(path, subject: subject))
            }
        }
    }

    private struct Status {
        let raw: stat

        var isFolder: Bool { raw.st_mode & S_IFMT == S_IFDIR }
        var isFile: Bool { raw.st_mode & S_IFMT == S_IFREG }

        func file(_ path: String, subject: String) -> PublishedFile {
            let modified = Int64(raw.st_mtim.tv_sec) * 1_000_000 + Int64(raw.st_mtim.tv_nsec) / 1000
            return PublishedFile(path: path, subject: subject, bytes: Int(raw.st_size), modifiedAt: Timestamp(microsecondsSinceEpoch: modified))
        }
    }

    private static func status(of path: String) throws -> Status {
        var raw = stat()
        guard stat(path, &raw) == 0 else { throw ClientError("\(path): \(String(cString: strerror(errno)))") }
        return Status(raw: raw)
    }

    private static func isLink(_ path: String) -> Bool {
        var raw = stat()
        return lstat(path, &raw) == 0 && raw.st_mode & S_IFMT == S_IFLNK
    }
}

/// The whole of a file.
///
/// - Throws: `ClientError` with the path.
func readFile(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else { throw ClientError("\(path) cannot be read") }
    return [UInt8](data)
}
