/// A record's place on the dead-letter topic, as people write it: `partition/offset`.
package struct LetterID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let partition: Int32
    package let offset: Int64

    package init(partition: Int32, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }

    /// Nothing where the text is out of form.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let partition = Int32(decimal: parts[0]), let offset = Int64(decimal: parts[1]) else { return nil }
        self.init(partition: partition, offset: offset)
    }

    package var description: String { "\(partition)/\(offset)" }

    package static func < (one: Self, other: Self) -> Bool { (one.partition, one.offset) < (other.partition, other.offset) }
}

extension FixedWidthInteger {
    /// Decimal digits and nothing else: no sign, which the standard library would take. Nothing where the number does not fit.
    init?(decimal digits: some Collection<UInt8>) {
        guard !digits.isEmpty else { return nil }
        var value: Self = 0
        for digit in digits {
            guard digit.isASCIIDigit else { return nil }
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooLarge) = tens.addingReportingOverflow(Self(digit - UInt8(ascii: "0")))
            guard !isTooLarge, !isStillTooLarge else { return nil }
            value = sum
        }
        self = value
    }
}
