import Foundation

/// The tensors of a `.safetensors` file, mapped into memory: eight bytes of header length, a JSON header, then the data.
///
/// Every range is checked against the file before a pointer is made of it.
struct Safetensors: ~Copyable {
    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let dataOffsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }
    }

    /// `__metadata__` has another form than the tensors and is of no interest.
    private struct Header: Decodable {
        var entries: [String: Entry] = [:]

        private struct Name: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            for key in container.allKeys where key.stringValue != "__metadata__" {
                entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
            }
        }
    }

    /// A larger header is no model's: it bounds what a malformed length can make us parse.
    private static let maximumHeaderBytes = 16 << 20

    private let file: FileMapping
    private let entries: [String: Entry]
    private let dataStart: Int

    /// - Throws: `EmbeddingError.modelMissing`, `.modelInvalid`.
    init(path: String) throws {
        let file = try FileMapping(path: path)
        guard file.bytes.count > 8 else { throw EmbeddingError(.modelInvalid, "the weights are cut short") }
        let length = Int(exactly: UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))) ?? .max
        guard length <= Self.maximumHeaderBytes, 8 + length <= file.bytes.count else { throw EmbeddingError(.modelInvalid, "the weights are cut short") }
        guard let header = try? JSONDecoder().decode(Header.self, from: Data(file.bytes[8..<8 + length])) else {
            throw EmbeddingError(.modelInvalid, "the header of the weights is malformed")
        }
        self.file = file
        entries = header.entries
        dataStart = 8 + length
    }

    /// The values of one 32-bit tensor.
    ///
    /// - Throws: `EmbeddingError.modelInvalid` if it is absent, of another shape or type, or not wholly inside the file.
    func floats(_ name: String, _ shape: Int...) throws -> [Float] {
        guard let entry = entries[name] else { throw EmbeddingError(.modelInvalid, "the weights lack a tensor of this architecture") }
        guard entry.dtype == "F32" else { throw EmbeddingError(.modelInvalid, "the weights are not 32-bit floats") }
        guard entry.shape == shape else { throw EmbeddingError(.modelInvalid, "a tensor has another shape than the configuration says") }
        let count = shape.reduce(1, *)
        let limit = file.bytes.count - dataStart
        guard entry.dataOffsets.count == 2, let start = entry.dataOffsets.first, let end = entry.dataOffsets.last, start >= 0, start <= end, end <= limit,
            end - start == count * 4
        else { throw EmbeddingError(.modelInvalid, "the weights are cut short") }
        return Array(unsafeUninitializedCapacity: count) { buffer, initialised in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(rebasing: file.bytes[dataStart + start..<dataStart + end]))
            initialised = count
        }
    }

    /// A 64-bit digest of all bytes, to tell weights apart (not to defend against forgery).
    func fingerprint() -> UInt64 {
        // Four lanes, so that the multiplications of one word do not wait for those of another.
        var lanes = SIMD4<UInt64>(0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, UInt64(file.bytes.count))
        let words = file.bytes.count / 32
        for index in 0..<words {
            let word = file.bytes.loadUnaligned(fromByteOffset: index * 32, as: SIMD4<UInt64>.self)
            lanes = (lanes ^ word) &* 0x100_0000_01b3
            lanes ^= lanes &>> 29
        }
        var digest = (0..<4).reduce(0 as UInt64) { ($0 ^ lanes[$1]) &* 0x9e37_79b9_7f4a_7c15 }
        for byte in file.bytes[(words * 32)...] { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return digest ^ digest >> 32
    }
}

/// A file mapped read-only for as long as this lives.
private struct FileMapping: ~Copyable {
    let bytes: UnsafeRawBufferPointer

    init(path: String) throws(EmbeddingError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw EmbeddingError(.modelMissing, "the weights cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0 else { throw EmbeddingError(.modelInvalid, "the weights are cut short") }
        let size = Int(status.st_size)
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw EmbeddingError(.modelMissing, "the weights cannot be mapped")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
}
