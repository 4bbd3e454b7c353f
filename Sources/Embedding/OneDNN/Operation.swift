import CDNNL

/// One compiled primitive of the matrix library with its operands' layouts. Confined to the thread of its `OneDNN`.
final class Operation {
    /// An operand's role, as the library numbers them.
    enum Role {
        case source, weights, bias, destination, scale, shift

        fileprivate var number: Int32 {
            switch self {
            case .source: DNNL_ARG_SRC
            case .weights: DNNL_ARG_WEIGHTS
            case .bias: DNNL_ARG_BIAS
            case .destination: DNNL_ARG_DST
            case .scale: DNNL_ARG_SCALE
            case .shift: DNNL_ARG_SHIFT
            }
        }
    }

    /// What a product does with its result before it is stored.
    enum Epilogue {
        case none
        case gelu
        /// Adds what the destination holds: the residual connection.
        case addDestination
    }

    private let library: OneDNN
    private let primitive: dnnl_primitive_t
    private var arguments: [dnnl_exec_arg_t] = []

    /// Takes over `description`, whether it succeeds or not.
    private init(_ library: OneDNN, _ description: dnnl_primitive_desc_t, _ operands: [(Role, Layout)]) throws {
        defer { dnnl_primitive_desc_destroy(description) }
        var primitive: dnnl_primitive_t?
        try check(dnnl_primitive_create(&primitive, description))
        guard let primitive else { throw EmbeddingError(.computationFailed, "the matrix library refused an operation") }
        self.library = library
        self.primitive = primitive
        for (role, layout) in operands {
            var memory: dnnl_memory_t?
            var description = layout.description
            try check(dnnl_memory_create(&memory, &description, library.engine, nil))
            arguments.append(dnnl_exec_arg_t(arg: role.number, memory: memory))
        }
    }

    deinit {
        for argument in arguments { dnnl_memory_destroy(argument.memory) }
        dnnl_primitive_destroy(primitive)
    }

    /// Runs on these operands, in the order of the layouts it was made with. Each must be as large as its layout.
    func callAsFunction(_ operands: UnsafeMutableRawPointer...) throws(EmbeddingError) {
        assert(operands.count == arguments.count)
        for (argument, operand) in zip(arguments, operands) { try check(dnnl_memory_set_data_handle(argument.memory, operand)) }
        try check(dnnl_primitive_execute(primitive, library.stream, Int32(arguments.count), arguments))
        try check(dnnl_stream_wait(library.stream))
    }

    // MARK: Kinds

    /// `destination = source × weights (+ bias)`, the last two axes being rows and columns and any before them a batch. Operands in this order.
    static func product(
        _ library: OneDNN, source: Layout, weights: Layout, bias: Layout? = nil, destination: Layout, epilogue: Epilogue = .none
    ) throws -> Operation {
        let description = try productDescription(library, source: source, weights: weights, bias: bias, destination: destination, epilogue: epilogue)
        var operands: [(Role, Layout)] = [(.source, source), (.weights, weights)]
        if let bias { operands.append((.bias, bias)) }
        operands.append((.destination, destination))
        return try Operation(library, description, operands)
    }

    /// The layout of the weights that a product with these operands is fastest with.
    static func bestWeights(_ library: OneDNN, source: Layout, weights: Layout, bias: Layout, destination: Layout) throws -> Layout {
        let description = try productDescription(library, source: source, weights: weights, bias: bias, destination: destination, epilogue: .none)
        defer { dnnl_primitive_desc_destroy(description) }
        guard let best = dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0) else {
            throw EmbeddingError(.computationFailed, "the matrix library has no layout for the weights")
        }
        return Layout(best.pointee)
    }

    /// Copies source to destination, changing layout and element type.
    static func conversion(_ library: OneDNN, from source: Layout, to destination: Layout) throws -> Operation {
        var (from, to) = (source.description, destination.description)
        var description: dnnl_primitive_desc_t?
        try check(dnnl_reorder_primitive_desc_create(&description, &from, library.engine, &to, library.engine, nil))
        return try Operation(library, unwrap(description), [(.source, source), (.destination, destination)])
    }

    /// Softmax over the last axis. Source, destination.
    static func softmax(_ library: OneDNN, source: Layout, destination: Layout) throws -> Operation {
        var (from, to) = (source.description, destination.description)
        var operation = dnnl_softmax_v2_desc_t()
        try check(dnnl_softmax_v2_forward_desc_init(&operation, dnnl_forward_inference, dnnl_softmax_accurate, &from, &to, from.ndims - 1))
        return try Operation(library, describe(&operation, nil, library), [(.source, source), (.destination, destination)])
    }

    /// Normalises each row to mean 0 and variance 1, then scales and shifts it. Source, scale, shift, destination.
    static func layerNormalisation(_ library: OneDNN, rows: Int, columns: Int, epsilon: Float) throws -> Operation {
        let layout = try Layout(.float32, rows, columns)
        let vector = try Layout(.float32, columns)
        var data = layout.description
        var operation = dnnl_layer_normalization_desc_t()
        let flags = dnnl_use_scale.rawValue | dnnl_use_shift.rawValue
        try check(dnnl_layer_normalization_forward_desc_init(&operation, dnnl_forward_inference, &data, nil, epsilon, UInt32(flags)))
        return try Operation(
            library, describe(&operation, nil, library), [(.source, layout), (.scale, vector), (.shift, vector), (.destination, layout)])
    }

    private static func productDescription(
        _ library: OneDNN, source: Layout, weights: Layout, bias: Layout?, destination: Layout, epilogue: Epilogue
    ) throws -> dnnl_primitive_desc_t {
        var (a, b, c) = (source.description, weights.description, destination.description)
        var addend = bias?.description ?? dnnl_memory_desc_t()
        var operation = dnnl_matmul_desc_t()
        try check(dnnl_matmul_desc_init(&operation, &a, &b, &addend, &c))
        var attributes: dnnl_primitive_attr_t?
        try check(dnnl_primitive_attr_create(&attributes))
        defer { dnnl_primitive_attr_destroy(attributes) }
        var steps: dnnl_post_ops_t?
        try check(dnnl_post_ops_create(&steps))
        defer { dnnl_post_ops_destroy(steps) }
        switch epilogue {
        case .none: break
        case .gelu: try check(dnnl_post_ops_append_eltwise(steps, 1, dnnl_eltwise_gelu_erf, 0, 0))
        case .addDestination: try check(dnnl_post_ops_append_sum(steps, 1))
        }
        try check(dnnl_primitive_attr_set_post_ops(attributes, steps))
        return try describe(&operation, attributes, library)
    }

    private static func describe(_ operation: UnsafeRawPointer, _ attributes: dnnl_primitive_attr_t?, _ library: OneDNN) throws -> dnnl_primitive_desc_t {
        var description: dnnl_primitive_desc_t?
        try check(dnnl_primitive_desc_create(&description, operation, attributes, library.engine, nil))
        return try unwrap(description)
    }

    private static func unwrap(_ description: dnnl_primitive_desc_t?) throws -> dnnl_primitive_desc_t {
        guard let description else { throw EmbeddingError(.computationFailed, "the matrix library refused an operation") }
        return description
    }
}
