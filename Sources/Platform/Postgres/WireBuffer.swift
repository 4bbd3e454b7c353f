/// A growing run of bytes in network order: what parameters are written into, reused from statement to statement.
struct WireBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    /// Most statements fit; a batch of vectors grows it once.
    private static let initialCapacity = 16 << 10
    /// What is kept between statements: a document of megabytes does not stay allocated for good.
    private static let keptCapacity = 4 << 20

    init() {
        capacity = Self.initialCapacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        base.deallocate()
    }

    /// Valid until the buffer is next changed.
    var start: UnsafeRawPointer { UnsafeRawPointer(base) }

    mutating func removeAll() {
        count = 0
        guard capacity > Self.keptCapacity else { return }
        base.deallocate()
        capacity = Self.initialCapacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    /// Room for `length` more bytes, to be filled by the caller.
    mutating func extend(by length: Int) -> UnsafeMutableRawPointer {
        if count + length > capacity { grow(toHold: count + length) }
        defer { count += length }
        return base + count
    }

    mutating func append<Integer: FixedWidthInteger & BitwiseCopyable>(_ integer: Integer) {
        extend(by: MemoryLayout<Integer>.size).storeBytes(of: integer.bigEndian, as: Integer.self)
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        extend(by: bytes.count).copyMemory(from: source, byteCount: bytes.count)
    }

    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Overwrites what stands at `offset`: a length that was not known before.
    mutating func overwrite(at offset: Int, _ integer: Int32) {
        base.storeBytes(of: integer.bigEndian, toByteOffset: offset, as: Int32.self)
    }

    private mutating func grow(toHold needed: Int) {
        let larger = max(needed, capacity * 2)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = larger
    }
}
