import Glibc

/// A file with one secret in it.
enum SecretFile {
    /// The text without blanks and line ends around it. `-` is standard input.
    ///
    /// - Parameter maximumBytes: what is longer is another file.
    /// - Returns: Nothing where it cannot be read, is empty, too long, or holds more than one word.
    static func read(_ path: String, maximumBytes: Int) -> String? {
        let isInput = path == "-"
        // Opening a pipe would otherwise wait for a writer.
        let descriptor = isInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { if !isInput { close(descriptor) } }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= maximumBytes {
            let count = Glibc.read(descriptor, &block, block.count)
            guard count >= 0 else { return nil }
            guard count > 0 else {
                let words = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }
                return words.count == 1 ? String(words[0]) : nil
            }
            bytes += block[..<count]
        }
        return nil
    }
}
