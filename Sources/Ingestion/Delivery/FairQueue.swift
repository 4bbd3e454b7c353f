/// Whose turn it is where several tenants have work waiting: by weight, whoever waits with least served goes first.
///
/// Each tenant has a virtual time, which a turn moves on by its cost divided by the tenant's weight; the smallest is next. A tenant that comes (back)
/// begins at the present virtual time, or where its last turn left it if that is later: having been idle saves up nothing, coming one by one gains
/// nothing, and one document never waits behind another tenant's thousands.
package struct FairQueue<Tenant: Hashable & Sendable, Element: Sendable>: Sendable {
    private struct Line: Sendable {
        let tenant: Tenant
        var waiting: FirstInFirstOut<(element: Element, cost: Int)>
        var virtualTime: Double
    }

    private let weights: [Tenant: Double]
    /// Those with work waiting, in order of arrival.
    private var lines: [Line] = []
    private var positions: [Tenant: Int] = [:]
    /// Where the last turn left those with nothing waiting, while it lies ahead of the present.
    private var ahead: [Tenant: Double] = [:]
    private var aheadLimit = Self.leastAheadLimit
    private var now: Double = 0
    package private(set) var count = 0

    /// - Parameter weights: a tenant without one has 1.
    package init(weights: [Tenant: Double] = [:]) {
        self.weights = weights.filter { $0.value > 0 }
    }

    /// - Parameter cost: of serving the element, in any unit that all share.
    package mutating func push(_ element: Element, of tenant: Tenant, cost: Int) {
        count += 1
        if let position = positions[tenant] {
            lines[position].waiting.append((element, cost))
        } else {
            positions[tenant] = lines.count
            lines.append(Line(tenant: tenant, waiting: FirstInFirstOut((element, cost)), virtualTime: max(now, ahead.removeValue(forKey: tenant) ?? now)))
        }
    }

    package mutating func pop() -> Element? {
        guard !lines.isEmpty else { return nil }
        var next = 0
        for index in 1..<lines.count where lines[index].virtualTime < lines[next].virtualTime { next = index }
        guard let (element, cost) = lines[next].waiting.popFirst() else { return nil }
        count -= 1
        now = max(now, lines[next].virtualTime)
        lines[next].virtualTime += Double(max(1, cost)) / (weights[lines[next].tenant] ?? 1)
        if lines[next].waiting.isEmpty { removeLine(next) }
        return element
    }

    /// Takes out what is not wanted any more, which costs its tenant no turn.
    ///
    /// - Returns: what was taken out.
    package mutating func removeAll(where isUnwanted: (Element) -> Bool) -> [Element] {
        var removed: [Element] = []
        for index in lines.indices.reversed() {
            removed += lines[index].waiting.removeAll { isUnwanted($0.element) }.map(\.element)
            if lines[index].waiting.isEmpty { removeLine(index) }
        }
        count -= removed.count
        return removed
    }

    private mutating func removeLine(_ index: Int) {
        positions[lines[index].tenant] = nil
        if lines[index].virtualTime > now { ahead[lines[index].tenant] = lines[index].virtualTime }
        if ahead.count > aheadLimit {
            ahead = ahead.filter { $0.value > now }
            aheadLimit = max(Self.leastAheadLimit, 2 * ahead.count)
        }
        lines.remove(at: index)
        for moved in index..<lines.count { positions[lines[moved].tenant] = moved }
    }

    /// Too few to be worth looking through; past them, only every doubling is.
    private static var leastAheadLimit: Int { 64 }
}

/// A queue that gives back its room as it is emptied.
package struct FirstInFirstOut<Element: Sendable>: Sendable {
    private var elements: [Element?] = []
    private var head = 0

    package init() {}

    package init(_ element: Element) {
        elements = [element]
    }

    package var isEmpty: Bool { head == elements.count }
    package var count: Int { elements.count - head }

    package mutating func append(_ element: Element) { elements.append(element) }

    package mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        if head == elements.count || head > 1024, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// - Returns: what was removed, in order.
    package mutating func removeAll(where isUnwanted: (Element) -> Bool) -> [Element] {
        let all = elements[head...].compactMap(\.self)
        let removed = all.filter(isUnwanted)
        guard !removed.isEmpty else { return [] }
        elements = all.filter { !isUnwanted($0) }
        head = 0
        return removed
    }
}
