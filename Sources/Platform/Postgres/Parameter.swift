/// A value for a statement, sent in binary under its own type; `nil` is NULL of that type.
///
/// Elements of arrays may be null as well where they are optional here.
package enum Parameter: Sendable {
    case null(PostgresType)

    case bool(Bool?)
    case int2(Int16?)
    case int4(Int32?)
    case int8(Int64?)
    case float4(Float?)
    case float8(Double?)
    case text(String?)
    /// UTF-8; the server refuses what is not, and NUL.
    case textBytes([UInt8]?)
    case bytea([UInt8]?)
    case uuid(high: UInt64, low: UInt64)
    /// Microseconds since 1970-01-01 00:00 UTC.
    case timestamptz(microseconds: Int64?)
    /// JSON text in UTF-8.
    case jsonb([UInt8]?)

    case boolArray([Bool?])
    case int2Array([Int16?])
    case int4Array([Int32?])
    case int8Array([Int64?])
    case float4Array([Float])
    case float8Array([Double])
    case textArray([String?])
    case byteaArray([[UInt8]?])
    /// JSON texts in UTF-8.
    case jsonbArray([[UInt8]?])
    /// Microseconds since 1970-01-01 00:00 UTC.
    case timestamptzArray(microseconds: [Int64?])

    /// pgvector's half-precision vector; each component is rounded to the nearest half.
    case halfvec([Float])
    /// Vectors of one dimension, one after another: `[count][dimension]`.
    case halfvecArray([Float], dimension: Int)
    /// Vectors, or nulls, wherever each lies.
    case halfvecs([ArraySlice<Float>?])

    package var type: PostgresType {
        switch self {
        case .null(let type): type
        case .bool: .bool
        case .int2: .int2
        case .int4: .int4
        case .int8: .int8
        case .float4: .float4
        case .float8: .float8
        case .text, .textBytes: .text
        case .bytea: .bytea
        case .uuid: .uuid
        case .timestamptz: .timestamptz
        case .jsonb: .jsonb
        case .boolArray: .boolArray
        case .int2Array: .int2Array
        case .int4Array: .int4Array
        case .int8Array: .int8Array
        case .float4Array: .float4Array
        case .float8Array: .float8Array
        case .textArray: .textArray
        case .byteaArray: .byteaArray
        case .jsonbArray: .jsonbArray
        case .timestamptzArray: .timestamptzArray
        case .halfvec: .halfvec
        case .halfvecArray, .halfvecs: .halfvecArray
        }
    }
}
