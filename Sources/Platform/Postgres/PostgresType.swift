import CPostgres

/// The types that parameters and columns may have.
package enum PostgresType: Sendable, Hashable, CaseIterable {
    case bool, int2, int4, int8, float4, float8, text, bytea, uuid, timestamptz, jsonb
    case boolArray, int2Array, int4Array, int8Array, float4Array, float8Array, textArray, byteaArray, timestamptzArray, jsonbArray
    case halfvec, halfvecArray

    /// The object identifier; `nil` of an extension's types, whose identifiers differ from database to database.
    var builtinOID: Oid? {
        switch self {
        case .bool: TypeOID.bool
        case .bytea: TypeOID.bytea
        case .int8: TypeOID.int8
        case .int2: TypeOID.int2
        case .int4: TypeOID.int4
        case .text: TypeOID.text
        case .float4: TypeOID.float4
        case .float8: TypeOID.float8
        case .timestamptz: TypeOID.timestamptz
        case .uuid: TypeOID.uuid
        case .jsonb: TypeOID.jsonb
        case .boolArray: TypeOID.boolArray
        case .byteaArray: TypeOID.byteaArray
        case .jsonbArray: TypeOID.jsonbArray
        case .int2Array: TypeOID.int2Array
        case .int4Array: TypeOID.int4Array
        case .textArray: TypeOID.textArray
        case .int8Array: TypeOID.int8Array
        case .float4Array: TypeOID.float4Array
        case .float8Array: TypeOID.float8Array
        case .timestamptzArray: TypeOID.timestamptzArray
        case .halfvec, .halfvecArray: nil
        }
    }
}

/// pgvector's types in the database at hand.
struct ExtensionTypes {
    let halfvec: Oid
    let halfvecArray: Oid

    /// By name in the catalogue, whatever the search path: the extension may stand in any schema.
    static let query = "select oid, typarray from pg_catalog.pg_type where typname = 'halfvec' and typtype = 'b' order by oid limit 1"
}
