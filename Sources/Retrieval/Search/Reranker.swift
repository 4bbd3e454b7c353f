/// Orders passages by how well they answer a query: slower than searching, and better.
package protocol Reranker: Sendable {
    /// Indices into `passages`, best first; may be fewer.
    func order(_ passages: [String], for query: String, within limit: Duration) async throws -> [Int]
}

/// When a reranker is asked, and for how long.
package struct Reranking: Sendable {
    package let reranker: any Reranker
    /// How many passages it is given.
    package let depth: Int
    /// After which the order stays as it was.
    package let limit: Duration

    package init(reranker: any Reranker, depth: Int, limit: Duration) {
        self.reranker = reranker
        self.depth = depth
        self.limit = limit
    }

    /// - Returns: the elements in their new order, those left out in their old one behind it; nothing where the reranker failed or was too slow.
    func reorder<Element: Sendable>(_ elements: [Element], text: (Element) -> String, for query: String) async -> [Element]? {
        let passages = elements.map(text)
        let order = await withTaskGroup(of: [Int]?.self) { tasks in
            tasks.addTask { [reranker, limit] in try? await reranker.order(passages, for: query, within: limit) }
            tasks.addTask { [limit] in
                try? await Task.sleep(for: limit)
                return nil
            }
            let first = await tasks.next() ?? nil
            tasks.cancelAll()
            return first
        }
        return order.map { Self.permute(elements, by: $0) }
    }

    /// What is out of range or named twice does not count.
    static func permute<Element>(_ elements: [Element], by order: [Int]) -> [Element] {
        var isTaken = Array(repeating: false, count: elements.count)
        var reordered: [Element] = []
        for index in order where elements.indices.contains(index) && !isTaken[index] {
            isTaken[index] = true
            reordered.append(elements[index])
        }
        return reordered + elements.indices.filter { !isTaken[$0] }.map { elements[$0] }
    }
}
