/// What can go wrong with the index beside the database itself.
package enum IndexError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another worker has claimed a partition: nothing was written.
    case fenced
    /// A name was erased, or came back after it was, while the transaction took its locks: nothing was written, and it may be tried again.
    case renamed
    /// A tenant that was registered when the records were read is so no longer: nothing was written.
    case tenantGone
    /// A transaction that began before has not ended for a minute.
    case busy
    /// A statement's rows are not what its text promises: schema and binary do not fit.
    case inconsistent
    /// The role a connection works as is not what it must be.
    case role(String)
    case migration(String)
    /// The generation was dropped: nobody works for it any more.
    case dropped

    package var description: String {
        switch self {
        case .fenced: "index: another worker has taken over a partition; nothing was written"
        case .renamed: "index: a name was erased in this moment; nothing was written"
        case .tenantGone: "index: a tenant is registered no longer; nothing was written"
        case .busy: "index: another transaction of this database server has been open for a minute: end it, and run this again"
        case .inconsistent: "index: the database's schema does not fit this program; run `sluice migrate`"
        case .role(let what): "index: \(what)"
        case .migration(let what): "index: migration: \(what)"
        case .dropped: "index: the generation was dropped; `sluice generation list` names those there are"
        }
    }
}
