import Foundation
import Words

/// Lexical search by itself: analysis, building, searching over made-up passages, and ranking over Cranfield.
struct WordsBenchmark {
    struct Shape {
        let chunks: Int
        let chunksPerDocument: Int
        let chunksPerSegment: Int
        let queries: Int
    }

    private static let wordsPerChunk = 140

    private let shape: Shape
    private let analyzer = TermAnalyzer()

    init(shape: Shape) {
        self.shape = shape
    }

    /// Prints a line for analysis and building, and one for each share of documents that may be seen.
    func run() throws {
        var text = MadeText(seed: 1)
        var analysis = 0.0
        var building = 0.0
        var (textBytes, storedBytes) = (0, 0)
        var segments: [WordSegment] = []
        var pending: [(ordinal: Int32, terms: [UInt8])] = []
        let documents = shape.chunks / shape.chunksPerDocument
        for ordinal in 0..<documents {
            let passages = (0..<shape.chunksPerDocument).map { _ in Array(text.prose(words: Self.wordsPerChunk).utf8) }
            var terms: [UInt8] = []
            analysis += processorSeconds { terms = analyzer.passageTerms(of: passages, language: "en") }
            textBytes += passages.reduce(0) { $0 + $1.count }
            storedBytes += terms.count
            pending.append((Int32(ordinal), terms))
            guard pending.count * shape.chunksPerDocument >= shape.chunksPerSegment || ordinal == documents - 1 else { continue }
            building += try processorSeconds { segments.append(try WordSegment(documents: pending)) }
            pending.removeAll()
        }
        let megabytesPerSecond = Double(textBytes) / 1e6 / analysis
        let held = segments.reduce(0) { $0 + $1.byteCount }
        print(
            """
            {"chunks": \(shape.chunks), "segments": \(segments.count), "analysis_megabytes_per_second": \(megabytesPerSecond), \
            "build_chunks_per_second": \(Double(shape.chunks) / building), "stored_bytes_per_chunk": \(storedBytes / shape.chunks), \
            "held_bytes_per_chunk": \(held / shape.chunks)}
            """)
        for visible in [1, 0.1, 0.01, 0.001] { search(segments, documents, visible: visible, &text) }
    }

    private func search(_ segments: [WordSegment], _ documents: Int, visible share: Double, _ text: inout MadeText) {
        var mask = DocumentMask(count: documents)
        let every = Int(1 / share)
        for ordinal in stride(from: 0, to: documents, by: every) { mask.insert(Int32(ordinal)) }
        for (name, decorate) in Self.kinds {
            var latencies: [Double] = []
            var hits = 0
            var processor = 0.0
            for number in 0..<shape.queries {
                let query = decorate(text.prose(words: 2 + number % 7))
                let time = ContinuousClock().measure {
                    processor += processorSeconds {
                        hits += bestPassages(for: analyzer.query(query), in: segments, visible: mask, limit: 10).count
                    }
                }
                latencies.append(time.seconds * 1e3)
            }
            latencies.sort()
            print(
                """
                {"visible": \(share), "queries": "\(name)", "p50_ms": \(latencies[latencies.count / 2]), \
                "p95_ms": \(latencies[latencies.count * 95 / 100]), "processor_ms": \(processor * 1e3 / Double(shape.queries)), "hits": \(hits)}
                """)
        }
    }

    /// Two to eight words, two in five of them stop words.
    private static let kinds: [(String, @Sendable (String) -> String)] = [
        ("words", { $0 }),
        ("phrases", { "\"\($0.split(separator: " ").prefix(3).joined(separator: " "))\"" }),
        ("prefixes", { $0.split(separator: " ").map { "\($0.prefix(4))*" }.joined(separator: " ") }),
    ]
}

/// nDCG@10 over the Cranfield collection (SMART format), gains 4 to 1 for grades 1 to 4.
struct Cranfield {
    private let segment: WordSegment
    private let analyzer = TermAnalyzer()
    private let queries: [(number: Int, text: String)]
    private let grades: [Int: [Int: Double]]

    init(folder: String) throws {
        /// Without the carriage returns they end in.
        func lines(of file: String) throws -> String {
            String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(file)")).filter { $0 != 0x0D }, as: UTF8.self)
        }
        func records(_ file: String) throws -> [[String: String]] {
            return try lines(of: file).components(separatedBy: "\n.I ").map { record in
                var fields: [String: String] = [:]
                var field = "I"
                for line in (record.hasPrefix(".I ") ? String(record.dropFirst(3)) : record).components(separatedBy: "\n") {
                    if line.count == 2, line.hasPrefix(".") { field = String(line.dropFirst()) } else { fields[field, default: ""] += line + "\n" }
                }
                return fields
            }
        }
        let analyzer = analyzer
        segment = try WordSegment(
            documents: try records("cran.all.1400").enumerated().map { index, fields in
                let text = (fields["T"] ?? "") + (fields["W"] ?? "")
                return (Int32(index + 1), analyzer.passageTerms(of: [Array(text.utf8)], language: nil))
            })
        queries = try records("cran.qry").enumerated().map { ($0 + 1, $1["W"] ?? "") }
        var grades: [Int: [Int: Double]] = [:]
        for line in try lines(of: "cranqrel").split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            guard numbers.count == 3, (1...4).contains(numbers[2]) else { continue }
            grades[numbers[0], default: [:]][numbers[1]] = Double(5 - numbers[2])
        }
        self.grades = grades
    }

    /// Prints a line.
    func run(_ parameters: BM25) {
        var mask = DocumentMask(count: 1402)
        for ordinal in 1...1400 { mask.insert(Int32(ordinal)) }
        var sums = [0.0, 0.0]
        var counts = [0.0, 0.0]
        for (number, text) in queries {
            guard let judged = grades[number] else { continue }
            let hits = bestPassages(for: analyzer.query(text), in: [segment], visible: mask, limit: 10, parameters: parameters)
            let gain = hits.enumerated().reduce(0) { $0 + (judged[Int($1.element.document)] ?? 0) / log2(Double($1.offset + 2)) }
            let ideal = judged.values.sorted(by: >).prefix(10).enumerated().reduce(0) { $0 + $1.element / log2(Double($1.offset + 2)) }
            sums[number % 2] += gain / ideal
            counts[number % 2] += 1
        }
        print(
            """
            {"k1": \(parameters.k1), "b": \(parameters.b), "odd": \(sums[1] / counts[1]), "even": \(sums[0] / counts[0]), \
            "all": \((sums[0] + sums[1]) / (counts[0] + counts[1]))}
            """)
    }
}

/// Of this thread: other work on the machine does not count.
private func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    try body()
    return now() - start
}
