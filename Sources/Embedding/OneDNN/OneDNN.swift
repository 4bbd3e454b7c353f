import CDNNL

/// The matrix library on one thread: an engine and a stream. Confined to the thread that made it.
final class OneDNN {
    let engine: dnnl_engine_t
    let stream: dnnl_stream_t

    /// Makes the library compute on the calling thread alone: parallelism is between steps, where it needs no barrier.
    init() throws {
        omp_set_num_threads(1)
        var engine: dnnl_engine_t?
        try check(dnnl_engine_create(&engine, dnnl_cpu, 0))
        guard let engine else { throw EmbeddingError(.computationFailed, "the matrix library has no engine") }
        var stream: dnnl_stream_t?
        guard dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)) == dnnl_success, let stream else {
            dnnl_engine_destroy(engine)
            throw EmbeddingError(.computationFailed, "the matrix library has no stream")
        }
        self.engine = engine
        self.stream = stream
    }

    deinit {
        dnnl_stream_destroy(stream)
        dnnl_engine_destroy(engine)
    }

    /// Whether this processor multiplies 16-bit brain floats itself, which is about twice as fast as 32 bits.
    static var hasBrainFloat: Bool {
        dnnl_get_effective_cpu_isa().rawValue & dnnl_cpu_isa_avx512_core_bf16.rawValue == dnnl_cpu_isa_avx512_core_bf16.rawValue
    }
}

func check(_ status: dnnl_status_t) throws(EmbeddingError) {
    guard status == dnnl_success else { throw EmbeddingError(.computationFailed, "the matrix library refused an operation") }
}

/// What the elements of a matrix are.
enum Element {
    case float32
    /// The upper half of a 32-bit float: the same range with eight bits of precision.
    case brainFloat

    var type: dnnl_data_type_t { self == .float32 ? dnnl_f32 : dnnl_bf16 }
    var byteCount: Int { self == .float32 ? 4 : 2 }
}

/// The shape and layout of an operand.
struct Layout {
    var description = dnnl_memory_desc_t()

    /// Row-major, dense.
    init(_ element: Element, _ dimensions: Int...) throws {
        var strides = dimensions.map { _ in 1 }
        for axis in dimensions.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * dimensions[axis + 1] }
        try self.init(element, dimensions, strides: strides)
    }

    init(_ element: Element, _ dimensions: [Int], strides: [Int]) throws {
        try check(dnnl_memory_desc_init_by_strides(&description, Int32(dimensions.count), dimensions.map(Int64.init), element.type, strides.map(Int64.init)))
    }

    /// Whatever layout the library likes best.
    init(best element: Element, _ dimensions: Int...) throws {
        try check(
            dnnl_memory_desc_init_by_tag(&description, Int32(dimensions.count), dimensions.map(Int64.init), element.type, dnnl_format_tag_any))
    }

    init(_ description: dnnl_memory_desc_t) {
        self.description = description
    }

    var byteCount: Int {
        withUnsafePointer(to: description) { dnnl_memory_desc_get_size($0) }
    }
}

/// Memory aligned to cache lines, zero to begin with.
final class Storage {
    let start: UnsafeMutableRawPointer

    init(byteCount: Int) {
        start = .allocate(byteCount: max(byteCount, 64), alignment: 64)
        start.initializeMemory(as: UInt8.self, repeating: 0, count: max(byteCount, 64))
    }

    deinit {
        start.deallocate()
    }
}
