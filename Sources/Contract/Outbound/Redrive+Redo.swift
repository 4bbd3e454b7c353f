/// A record that succeeded, on its way through the workers once more: one group is to make anew what it made of it.
///
/// In the form of a dead letter that comes back, so that every other group, and a worker that knows nothing of this, finds a record it has dealt with.
extension Redrive {
    /// In place of a rejection's code: none has it.
    private static let redo = "redo"

    /// - Parameters:
    ///   - incarnation: of the record's topic.
    ///   - group: whose workers make it anew.
    package init(redoing record: InboundRecord, incarnation: Int32, group: String) {
        let errors = DeadLetterErrors(position: record.position, group: group, message: "", code: Self.redo, stage: "")
        self.init(DeadLetterRecord(original: record, errors: errors), incarnation: incarnation)
    }

    /// Who is to make the record anew; nothing where it is a dead letter that comes back.
    package static func groupToRedo(_ record: InboundRecord) -> String? {
        guard let errors = DeadLetterRecord(record)?.errors, errors.code == redo else { return nil }
        return errors.group
    }
}
