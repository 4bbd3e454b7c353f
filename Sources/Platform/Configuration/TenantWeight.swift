/// A tenant's share of the work where several wait.
package struct TenantWeight: Sendable, Hashable {
    package let name: String
    /// More than nothing; a tenant without one has 1.
    package let weight: Double
}

extension SettingKind where Value == [TenantWeight] {
    /// `tenant=3, other=0.5`
    static var weights: SettingKind {
        SettingKind(allowed: "tenant=weight, tenant=weight; weights from 0.01 to 100", unit: nil) { text in
            var weights: [TenantWeight] = []
            for item in text.split(separator: ",", omittingEmptySubsequences: false) {
                let parts = item.split(separator: "=", omittingEmptySubsequences: false)
                guard parts.count == 2, let weight = Double(trimmed(parts[1])), (0.01...100).contains(weight), !trimmed(parts[0]).isEmpty else { return nil }
                weights.append(TenantWeight(name: trimmed(parts[0]), weight: weight))
            }
            return weights
        }
    }
}
