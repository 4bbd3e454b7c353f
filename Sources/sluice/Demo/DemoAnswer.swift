import Contract

extension DemoPlan.Question {
    /// The best hit, or nothing where the plan knows of none that this asker may see: there is always a nearest passage, but it answers nothing.
    func answer(in hits: [QueryReply.Hit], for asker: String) -> QueryReply.Hit? {
        if let violation = hits.first(where: { forbidden[asker, default: []].contains($0.document) }) { return violation }
        return expected[asker] == nil ? nil : hits.first
    }

    /// What of the plan these hits break, in words.
    func violations(in hits: [QueryReply.Hit], by asker: String) -> [String] {
        var violations: [String] = []
        if let document = expected[asker], hits.first?.document != document {
            violations.append("\(id) as \(asker): \(document) is not the first citation")
        }
        for document in forbidden[asker, default: []] where hits.contains(where: { $0.document == document }) {
            violations.append("\(id) as \(asker): \(document) is cited and must not be")
        }
        return violations
    }
}

extension DemoPlan.Change.Effect {
    func holds(in hits: [QueryReply.Hit]) -> Bool {
        switch self {
        case .vanishes(let documents): !hits.contains { documents.contains($0.document) }
        case .shows(let new, let old):
            hits.contains { printable($0.text).contains(new) } && !hits.contains { printable($0.text).contains(old) }
        }
    }
}

/// One question and its answers, one asker to a line.
struct DemoTable {
    private let question: String
    private var rows: [(asker: String, cited: String, line: String)] = []

    init(question: String) {
        self.question = question
    }

    mutating func append(_ asker: DemoPlan.Asker, _ hit: QueryReply.Hit?, question: String) {
        let line = hit.map { bestSentence(of: $0.text, headings: $0.headings, for: question) } ?? ""
        rows.append((asker.name, hit.map { printable("\($0.source)/\($0.document)") } ?? "–", line))
    }

    /// - Parameter width: cells of a line; a sentence takes two at most.
    func render(width: Int) -> String {
        let askers = rows.map { displayWidth($0.asker) }.max() ?? 0
        let cited = rows.map { displayWidth($0.cited) }.max() ?? 0
        let margin = String(repeating: " ", count: 2 + askers + 2 + cited + 2)
        var text = "\(question)\n"
        for row in rows {
            let lines = wrap(row.line, width: width - margin.count)
            text += "  \(padded(row.asker, to: askers))  \(lines.isEmpty ? row.cited : padded(row.cited, to: cited) + "  " + lines[0])\n"
            if lines.count > 1 { text += margin + lines[1] + (lines.count > 2 ? "…" : "") + "\n" }
        }
        return text
    }
}

/// Of a passage, the sentence with most of the question's words in it: what a reader's eye would go to. The first, where several have as many;
/// headings, which mostly repeat the question, do not count.
func bestSentence(of text: String, headings: [String], for question: String) -> String {
    let asked = Set(words(of: question))
    var best: (sentence: String, score: Int)?
    for line in text.split(whereSeparator: \.isNewline) where !headings.contains(where: { $0 == line }) {
        for sentence in sentences(of: printable(String(line))) {
            let score = asked.intersection(words(of: sentence)).count
            if best.map({ score > $0.score }) ?? true { best = (sentence, score) }
        }
    }
    return best?.sentence ?? printable(text)
}

/// Parted where a space follows a full stop or its like: `ERR-4711.` ends a sentence, `1.5` does not.
private func sentences(of text: String) -> [String] {
    var sentences = [""]
    for character in text {
        if character == " ", let last = sentences[sentences.count - 1].last, ".!?".contains(last) {
            sentences.append("")
        } else {
            sentences[sentences.count - 1].append(character)
        }
    }
    return sentences
}

/// Lower-case words of at least four letters: shorter ones say little.
private func words(of text: some StringProtocol) -> [String] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.filter { $0.count >= 4 }.map(String.init)
}
