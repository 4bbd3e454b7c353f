import Contract
import Postgres

/// Records that are written down as they came: their columns, in one order.
extension InboundRecord {
    /// - Parameter column: of the topic; partition, offset, time, key, value, names and values of headers follow.
    init(stored rows: Rows, _ row: Int, column: Int) throws {
        let position = RecordPosition(
            topic: try rows.string(row, column), partition: try rows.int32(row, column + 1), offset: try rows.int64(row, column + 2))
        let headers = zip(try rows.bytesArray(row, column + 6), try rows.optionalBytesArray(row, column + 7))
        self.init(
            position: position, timestampMilliseconds: try rows.int64(row, column + 3), key: try rows.optionalBytes(row, column + 4),
            value: try rows.optionalBytes(row, column + 5), headers: headers.map { RecordHeader(name: $0, value: $1) })
    }

    /// The incarnation of its topic comes first, in place of the topic.
    func columns(incarnation: Int32) -> [Parameter] {
        [
            .int4(incarnation), .int4(position.partition), .int8(position.offset), .int8(timestampMilliseconds), .bytea(key), .bytea(value),
            .byteaArray(headers.map(\.name)), .byteaArray(headers.map(\.value)),
        ]
    }
}
