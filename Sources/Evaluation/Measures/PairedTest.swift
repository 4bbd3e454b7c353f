/// Whether a drop is more than chance, over the same queries before and after.
///
/// The randomisation test (Fisher; for retrieval: Smucker, Allan and Carterette, "A comparison of statistical significance tests for information retrieval
/// evaluation", 2007): were the change without effect, each query's difference could as well have had the other sign. It assumes no distribution.
package enum PairedTest {
    /// The error of a probability near 0.05 is then about 0.002.
    package static let rounds = 10_000
    /// Any will do; it is fixed so that the same figures are always judged alike.
    static let seed: UInt64 = 0x5375_6963_6520_3036

    /// - Parameter differences: after less before, a query each.
    /// - Returns: how probable a mean as low as theirs is, if signs are chance: one-sided, never 0. 1 without differences; NaN where one is NaN.
    package static func probabilityOfDrop(_ differences: [Double], rounds: Int = Self.rounds) -> Double {
        guard differences.allSatisfy(\.isFinite) else { return .nan }
        // A difference of 0 has no sign: it weighs on the mean alone.
        let moved = differences.filter { $0 != 0 }
        guard !moved.isEmpty else { return 1 }
        let observed = moved.reduce(0, +)
        // Sums of the same numbers in another order differ by rounding.
        let tolerance = 1e-9 * moved.reduce(0) { $0 + $1.magnitude }
        var generator = SplitMix64(state: seed)
        var asLow = 0
        for _ in 0..<rounds {
            var sum = 0.0
            var bits: UInt64 = 0
            for (index, difference) in moved.enumerated() {
                if index % 64 == 0 { bits = generator.next() }
                sum += bits & 1 == 0 ? difference : -difference
                bits >>= 1
            }
            if sum <= observed + tolerance { asLow += 1 }
        }
        return Double(asLow + 1) / Double(rounds + 1)
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
