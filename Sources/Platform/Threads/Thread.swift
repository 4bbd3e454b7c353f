import Glibc

/// Starts a detached operating-system thread.
///
/// - Parameter name: shown by `ps -L` and debuggers; Linux keeps the first 15 bytes.
package func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
    let entry = ThreadEntry(name: name, body: body)
    // Retained here, released by the thread itself.
    let context = Unmanaged.passRetained(entry)
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, { runThread($0) }, context.toOpaque())
    precondition(status == 0, "the system has no thread left")
    pthread_detach(thread)
}

private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let entry = Unmanaged<ThreadEntry>.fromOpaque(context).takeRetainedValue()
    nameThread(entry.name)
    entry.body()
    return nil
}

/// By the file Linux has for it: `pthread_setname_np` is a GNU extension, which Swift's Glibc does not show. A name is a courtesy, so a failure is let pass.
private func nameThread(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    _ = Array(name.utf8.prefix(15)).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
}

private final class ThreadEntry: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
