/// What happens next: a binary heap by time, and by order of planning where times are equal.
struct Timeline {
    private struct Entry {
        let time: Int
        let order: Int
        let body: () -> Void

        func precedes(_ other: Entry) -> Bool { time != other.time ? time < other.time : order < other.order }
    }

    private var heap: [Entry] = []
    private var planned = 0

    mutating func plan(at time: Int, _ body: @escaping () -> Void) {
        planned += 1
        heap.append(Entry(time: time, order: planned, body: body))
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (time: Int, body: () -> Void)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.time, first.body)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].precedes(heap[least]) { least = child }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    mutating func clear() { heap.removeAll() }
}
