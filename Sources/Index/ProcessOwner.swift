import Glibc

/// Who runs this process: what the audit log calls an actor.
package enum ProcessOwner {
    /// `user@host`, as the operating system knows both; a user without a name is a number.
    package static let name = "\(user)@\(host)"

    private static var user: String {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        // Enough for any line of passwd(5): a longer one leaves the number.
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        return buffer.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, getpwuid_r(getuid(), &record, start, buffer.count, &found) == 0, let name = found?.pointee.pw_name else {
                return "uid \(getuid())"
            }
            return String(cString: name)
        }
    }

    /// The machine's name, as the operating system knows it.
    package static var host: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown" }
        return withUnsafeBytes(of: name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
