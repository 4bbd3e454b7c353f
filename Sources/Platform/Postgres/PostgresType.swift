import CPostgres

/// The types that parameters and columns may have.
package enum PostgresType: Sendable, Hashable, CaseIterable {
    case bool, int2, int4, int8, float4, float8, text, bytea, uuid, timestamptz, jsonb
    case boolArray, int2Array, int4Array, int8Array, float4Array, float8Array, textArray, byteaArray, timestamptzArray
    case halfvec, halfvecArray

    /// The object identifier; `nil` of an extension's types, whose identifiers differ from database to database.
    ///
    /// From `pg_type.dat` of the server's sources: built-in identifiers never change.
    var builtinOID: Oid? {
        switch self {
        case .bool: 16
        case .bytea: 17
        case .int8: 20
        case .int2: 21
        case .int4: 23
        case .text: 25
        case .float4: 700
        case .float8: 701
        case .timestamptz: 1184
        case .uuid: 2950
        case .jsonb: 3802
        case .boolArray: 1000
        case .byteaArray: 1001
        case .int2Array: 1005
        case .int4Array: 1007
        case .textArray: 1009
        case .int8Array: 1016
        case .float4Array: 1021
        case .float8Array: 1022
        case .timestamptzArray: 1185
        case .halfvec, .halfvecArray: nil
        }
    }
}

/// Other identifiers whose wire format is the same as a type's above.
enum TextLikeOID {
    static let name: Oid = 19
    static let json: Oid = 114
    static let bpchar: Oid = 1042
    static let varchar: Oid = 1043
    static let nameArray: Oid = 1003
    static let varcharArray: Oid = 1015
}

/// pgvector's types in the database at hand.
struct ExtensionTypes {
    let halfvec: Oid
    let halfvecArray: Oid

    static let oidType: Oid = 26

    /// By name in the catalogue, whatever the search path: the extension may stand in any schema.
    static let query = "select oid, typarray from pg_catalog.pg_type where typname = 'halfvec' and typtype = 'b' order by oid limit 1"
}
