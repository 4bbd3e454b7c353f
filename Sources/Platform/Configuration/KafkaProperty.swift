/// A property passed through to librdkafka, such as `security.protocol`.
package struct KafkaProperty: Sendable, Equatable {
    package let name: String
    /// May be a secret: never to be shown.
    package let value: String

    /// Those that Sluice's promises rest upon, or that have a setting of their own.
    static let reserved: Set<String> = [
        "bootstrap.servers", "metadata.broker.list", "group.id", "session.timeout.ms", "enable.auto.commit", "enable.auto.offset.store",
        "auto.offset.reset", "isolation.level", "enable.idempotence", "acks", "request.required.acks", "partition.assignment.strategy",
        "transactional.id",
    ]
}

extension SettingKind where Value == [KafkaProperty] {
    /// `name=value;name=value`; a semicolon within a value is doubled.
    static var kafkaProperties: SettingKind {
        SettingKind(allowed: "name=value;name=value (a semicolon in a value doubled), none that Sluice sets itself", unit: nil) { text in
            var properties: [KafkaProperty] = []
            for part in parts(of: text) {
                guard let equals = part.firstIndex(of: "=") else { return nil }
                let name = trimmed(part[..<equals])
                let isName = !name.isEmpty && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x5F }
                guard isName, !KafkaProperty.reserved.contains(name) else { return nil }
                properties.append(KafkaProperty(name: name, value: String(part[part.index(after: equals)...])))
            }
            return properties
        }
    }

    private static func parts(of text: String) -> [String] {
        var parts = [""]
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar != ";" {
                parts[parts.count - 1].unicodeScalars.append(scalar)
            } else if rest.first == ";" {
                rest.removeFirst()
                parts[parts.count - 1].unicodeScalars.append(";")
            } else {
                parts.append("")
            }
        }
        return parts.filter { !trimmed($0).isEmpty }
    }
}
