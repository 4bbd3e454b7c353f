import Glibc

/// A folder that documents may refer into.
struct ReferenceFolder: Sendable {
    /// As the operator named it, and as it is once every symbolic link is followed; both end with `/`.
    private let named: String
    private let resolved: String

    /// Nil where it is no folder, or not absolute.
    init?(_ path: String) {
        var status = stat()
        guard path.hasPrefix("/"), let resolved = resolvedPath(path), stat(resolved, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        named = path.hasSuffix("/") ? path : path + "/"
        self.resolved = resolved == "/" ? resolved : resolved + "/"
    }

    /// Whether the path, as it is written, lies below.
    func spells(_ path: String) -> Bool {
        path.utf8.starts(with: named.utf8) || contains(path)
    }

    /// Whether a path without symbolic links lies below. By bytes: as text, two different names may be equal.
    func contains(_ resolvedPath: String) -> Bool {
        resolvedPath.utf8.starts(with: resolved.utf8)
    }
}

/// A file below an allowed folder, as far as its path tells.
struct FolderFile: Sendable {
    let path: String
    let folders: [ReferenceFolder]

    /// Reads the whole file, blocking the thread.
    ///
    /// A symbolic link may lead elsewhere inside the folders, not out of them. The path is resolved and judged before anything is opened, since opening
    /// alone may do something; what was opened is judged again, since a link may have been put in its way meanwhile.
    func read(maximumBytes: Int) throws(ReferenceError) -> [UInt8] {
        guard let resolved = resolvedPath(path) else { throw Self.failure(errno) }
        try check(resolved)
        // Opening a pipe that was put there must not wait for its other end.
        let file = Descriptor(open(resolved, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC))
        guard file.number >= 0 else { throw Self.failure(errno) }
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw Self.failure(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ReferenceError(.refused, "the reference is not to a regular file") }
        try check(file.path ?? "")
        guard status.st_size <= maximumBytes else { throw ReferenceError(.tooLarge, "the file is larger than a document may be") }
        return try file.contents(byteCount: Int(status.st_size))
    }

    private func check(_ resolved: String) throws(ReferenceError) {
        guard folders.contains(where: { $0.contains(resolved) }) else { throw ReferenceError(.refused, "the file is outside the allowed folders") }
    }

    fileprivate static func failure(_ cause: Int32) -> ReferenceError {
        switch cause {
        case ENOENT, ENOTDIR: ReferenceError(.failed, "there is no such file")
        case EACCES, EPERM: ReferenceError(.failed, "the file may not be read")
        case ELOOP, ENAMETOOLONG, ENXIO: ReferenceError(.failed, "the file cannot be opened")
        default: ReferenceError(.unavailable(retryAfter: nil), "the file cannot be read now")
        }
    }
}

/// An open file.
private struct Descriptor: ~Copyable {
    let number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        if number >= 0 { close(number) }
    }

    /// Where the kernel found the file. One that has been replaced since has ` (deleted)` after its name.
    var path: String? {
        // The last byte stays zero: readlink(2) does not end what it writes.
        var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard readlink("/proc/self/fd/\(number)", &path, Int(PATH_MAX)) > 0 else { return nil }
        return path.withUnsafeBufferPointer { $0.baseAddress.flatMap { String(validatingCString: $0) } }
    }

    /// - Throws: `.unavailable` where the file has grown since it was measured: it is being written.
    func contents(byteCount: Int) throws(ReferenceError) -> [UInt8] {
        var cause: Int32 = 0
        // One byte more, which shows where it has grown.
        let bytes = [UInt8](unsafeUninitializedCapacity: byteCount + 1) { buffer, count in
            while count <= byteCount, let start = buffer.baseAddress {
                let received = Glibc.read(number, start + count, byteCount + 1 - count)
                if received > 0 {
                    count += received
                } else if received == 0 {
                    return
                } else if errno != EINTR {
                    cause = errno
                    return
                }
            }
        }
        guard cause == 0 else { throw FolderFile.failure(cause) }
        guard bytes.count == byteCount else { throw ReferenceError(.unavailable(retryAfter: nil), "the file is being written") }
        return bytes
    }
}

/// The path with every symbolic link followed; nil, with `errno`, where there is none.
private func resolvedPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(validatingCString: resolved)
}
