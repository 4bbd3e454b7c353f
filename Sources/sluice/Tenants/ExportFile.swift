import Contract
import Glibc
import Index
import Synchronization

/// A tenant as a file of JSON Lines: a line that says what it is, one for each state as an event, and one that says that it is whole.
enum ExportFile {
    static let kind = "tenant"
    static let version = 1

    struct Header: Sendable {
        let tenant: TenantID
        let quota: TenantQuota
    }

    static func header(_ tenant: TenantRecord, at time: Timestamp) -> [UInt8] {
        line {
            $0.member("sluice", kind)
            $0.member("version", version)
            $0.member("tenant", tenant.tenant.text)
            $0.member("exportedAt", time.rfc3339)
            $0.member("quota") {
                $0.object {
                    $0.member("documents", tenant.quota.documents.map(Int.init))
                    $0.member("bytes", tenant.quota.bytes.map(Int.init))
                    $0.member("tokens", tenant.quota.tokens.map(Int.init))
                }
            }
        }
    }

    static func event(_ event: ExportedEvent) -> [UInt8] {
        line { object in
            object.member("type", event.type.rawValue)
            object.member("source", event.source)
            object.member("subject", event.subject)
            if let sequence = event.sequence { object.member("sequence", sequence.description) }
            if event.closes { object.member("closes", true) }
            object.member("data") { $0.value(verbatim: event.data ?? Array("null".utf8)) }
        }
    }

    static func trailer(_ exported: AdministrationStore.Exported) -> [UInt8] {
        line {
            $0.member("events", exported.events)
            $0.member("withheld", exported.withheld)
        }
    }

    private static func line(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object(members)
        return json.bytes + [UInt8(ascii: "\n")]
    }
}

/// Where an export goes: a file that is not there yet, for its owner's eyes alone, or standard output.
final class ExportOutput: Sendable {
    private let descriptor: Int32
    private let name: String
    private let bar: Mutex<LateProgressBar>

    /// - Parameter path: nothing is standard output.
    /// - Throws: `ClientError`.
    init(path: String?, total: Int) throws {
        name = path ?? "standard output"
        descriptor = path.map { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) } ?? STDOUT_FILENO
        guard descriptor >= 0 else { throw ClientError("\(name): \(String(cString: strerror(errno)))") }
        bar = Mutex(LateProgressBar("export", total: total))
    }

    func write(_ line: [UInt8]) throws {
        var written = 0
        while written < line.count {
            let count = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, line.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw ClientError("\(name): \(String(cString: strerror(errno)))") }
            written += count
        }
    }

    func advance() { bar.withLock { $0.advance(by: 1) } }

    /// - Throws: `ClientError` where the disk did not take it.
    func close() throws {
        bar.withLock { $0.finish() }
        guard descriptor != STDOUT_FILENO else { return }
        guard fsync(descriptor) == 0, Glibc.close(descriptor) == 0 else { throw ClientError("\(name) could not be written") }
    }
}

/// The lines of a file, one in memory at a time.
struct LineReader: ~Copyable {
    private static let chunkBytes = 1 << 20
    /// An event of 8 MiB whose every byte is escaped.
    private static let maximumLineBytes = 64 << 20

    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    /// - Throws: `ClientError`.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ClientError("\(path): \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
    }

    /// The next line without its end; nothing after the last.
    ///
    /// - Throws: `ClientError`.
    mutating func next() throws -> [UInt8]? {
        var scanned = start
        while true {
            if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            guard !isAtEnd else {
                defer { start = buffer.count }
                return start < buffer.count ? Array(buffer[start...]) : nil
            }
            buffer.removeFirst(start)
            (scanned, start) = (buffer.count, 0)
            guard buffer.count < Self.maximumLineBytes else { throw ClientError("\(path): a line is longer than an event can be") }
            try fill()
        }
    }

    private mutating func fill() throws {
        let descriptor = descriptor
        let chunk = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { bytes, count in
            var result: Int
            repeat { result = read(descriptor, bytes.baseAddress, bytes.count) } while result < 0 && errno == EINTR
            count = max(0, result)
            isAtEnd = result <= 0
        }
        buffer += chunk
    }
}
