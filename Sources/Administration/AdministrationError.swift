/// Why an administrative question has no answer.
package enum AdministrationError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownTenant

    package var description: String {
        switch self {
        case .unknownTenant: "no such tenant is registered: `sluice tenant list` names them"
        }
    }
}
