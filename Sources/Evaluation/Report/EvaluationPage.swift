import Contract

/// A run as one page: no script, nothing from elsewhere, every text escaped.
package struct EvaluationPage: Sendable {
    private static let worstQueries = 20

    let run: EvaluationRun
    let baseline: EvaluationRun?
    let verdict: Gate.Verdict
    /// By query; none where they are not to be shown.
    let queryTexts: [String: String]

    package init(run: EvaluationRun, baseline: EvaluationRun?, verdict: Gate.Verdict, queryTexts: [String: String] = [:]) {
        self.run = run
        self.baseline = baseline
        self.verdict = verdict
        self.queryTexts = queryTexts
    }

    package var html: String {
        let page: HTML = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
            <title>\(run.suite): evaluation</title><style>\(Self.style)</style></head><body><main>
            <header><p class="kind">Sluice · evaluation</p><h1>\(run.suite)</h1>\(badge)</header>
            \(failures)\(byMode)\(comparisons)\(differences)\(latencies)\(byAsker)\(worst)
            <footer>Judged by document: of several passages the best-ranked one counts. nDCG discounts by log2(rank + 1); P(drop) is a paired randomisation test over
            the same queries.</footer>
            </main></body></html>

            """
        return page.text
    }

    // MARK: - Verdict

    private var badge: HTML {
        if !verdict.passes { return "<p class=\"badge bad\">\(verdict.failures.count) findings</p>" }
        return baseline == nil ? "<p class=\"badge\">no baseline</p>" : "<p class=\"badge good\">passes</p>"
    }

    /// Leaks stand first: the verdict has them so.
    private var failures: HTML {
        guard !verdict.passes else { return "" }
        let items = verdict.failures.map { failure -> HTML in
            if case .leak = failure { return "<li class=\"leak\">\(failure.description(run.cutoffs))</li>" }
            return "<li>\(failure.description(run.cutoffs))</li>"
        }
        return "<section class=\"failures\"><h2>Why this must not ship</h2><ul>\(items)</ul></section>"
    }

    private var comparisons: HTML {
        guard !verdict.comparisons.isEmpty else { return "" }
        let rows = verdict.comparisons.map { one -> HTML in
            """
            <tr\(one.isDrop ? " class=\"drop\"" : "" as HTML)><th>\(one.mode.rawValue)</th><td>\(one.measure.title(run.cutoffs))</td><td>\(one.queries)</td>\
            <td>\(digits(one.before, 4))</td><td>\(digits(one.after, 4))</td><td>\(signedDigits(one.after - one.before, 4))</td><td>\(digits(one.probability, 4))</td></tr>
            """
        }
        return """
            <section><h2>Against the baseline</h2><table><thead><tr><th>Mode</th><th>Figure</th><th>Queries</th><th>Baseline</th><th>Now</th><th>Change</th>\
            <th>P(drop)</th></tr></thead><tbody>\(rows)</tbody></table></section>
            """
    }

    // MARK: - Tables

    private var byMode: HTML {
        let rows = run.modes.map { row([$0.rawValue], run.summary($0)) }
        return "<section><h2>By mode</h2>\(table(["Mode"], rows))</section>"
    }

    private var byAsker: HTML {
        guard run.askers.count > 1 else { return "" }
        let rows = run.askers.flatMap { asker in
            run.modes.map { (mode: $0, summary: run.summary($0, asker: asker)) }.filter { $0.summary.cases > 0 }.map {
                row([asker, $0.mode.rawValue], $0.summary)
            }
        }
        return "<section><h2>By asker</h2>\(table(["Asker", "Mode"], rows))</section>"
    }

    private func table(_ names: [String], _ rows: [HTML]) -> HTML {
        let heads = names + ["Queries"] + Measure.allCases.map { $0.title(run.cutoffs) } + ["Short", "Leaks", "Unanswered", "p50 ms", "p95 ms"]
        return "<table><thead><tr>\(heads.map { "<th>\($0)</th>" as HTML })</tr></thead><tbody>\(rows)</tbody></table>"
    }

    private func row(_ names: [String], _ summary: Summary) -> HTML {
        let figures = Measure.allCases.map { "<td>\(digits(summary.means[$0], 4))</td>" as HTML }
        let latencies = [0.5, 0.95].map { "<td>\(digits(summary.latency(share: $0) ?? .nan, 1))</td>" as HTML }
        return """
            <tr>\(names.map { "<th>\($0)</th>" as HTML })<td>\(summary.cases)</td>\(figures)\(count(summary.short))\(count(summary.leaks))\
            \(count(summary.unanswered))\(latencies)</tr>
            """
    }

    private func count(_ count: Int) -> HTML { count == 0 ? "<td class=\"none\">0</td>" : "<td class=\"wrong\">\(count)</td>" }

    // MARK: - Plots

    private var differences: HTML {
        guard let baseline else { return "" }
        let before = Dictionary(baseline.cases.map { ($0.key, $0) }) { $1 }
        let plots = run.modes.compactMap { mode -> HTML? in
            let pairs = run.cases.filter { $0.key.mode == mode }.compactMap { one in
                one.figures.flatMap { after in before[one.key]?.figures.map { (name: one.key.query, value: after.ndcg - $0.ndcg) } }
            }
            guard !pairs.isEmpty else { return nil }
            let (better, worse) = (pairs.count { $0.value > 0 }, pairs.count { $0.value < 0 })
            return Plots.differences(pairs, title: "\(mode.rawValue): \(better) queries better, \(worse) worse, \(pairs.count - better - worse) equal")
        }
        return plots.isEmpty ? "" : "<section><h2>\(Measure.ndcg.title(run.cutoffs)), query by query</h2>\(plots)</section>"
    }

    private var latencies: HTML {
        let plot = Plots.latencies(run.modes.map { ($0.rawValue, run.summary($0).latencies) })
        return plot.text.isEmpty ? "" : "<section><h2>Latency</h2>\(plot)</section>"
    }

    private var worst: HTML {
        let judged = run.cases.compactMap { one in one.figures.map { (one, $0) } }
        let lowest = judged.sorted { ($0.1.ndcg, $0.0.key.description) < ($1.1.ndcg, $1.0.key.description) }.prefix(Self.worstQueries)
        guard !lowest.isEmpty else { return "" }
        let rows = lowest.map { one, figures -> HTML in
            """
            <tr><th>\(one.key.query)\(queryTexts[one.key.query].map { "<p class=\"text\">\($0)</p>" as HTML } ?? "")</th><td>\(one.key.mode.rawValue)</td>\
            <td>\(one.asker)</td><td>\(digits(figures.ndcg, 4))</td><td>\(digits(figures.recall, 4))</td><td>\(one.judged?.hits ?? 0)</td></tr>
            """
        }
        return """
            <section><h2>Worst queries</h2><table><thead><tr><th>Query</th><th>Mode</th><th>Asker</th><th>\(Measure.ndcg.title(run.cutoffs))</th>\
            <th>\(Measure.recall.title(run.cutoffs))</th><th>Hits</th></tr></thead><tbody>\(rows)</tbody></table></section>
            """
    }

    private static let style: HTML = """
        :root{--ink:#1c2430;--soft:#5d6b7c;--rule:#dde3ea;--paper:#fbfcfd;--card:#fff;--up:#1f8a5b;--down:#c8412f;--a:#2563c9;--b:#c4781b;--c:#7a4fbf}
        @media(prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#93a1b3;--rule:#2c3642;--paper:#12171d;--card:#191f27;--up:#3fc48a;--down:#f0705e;--a:#6ea3ff;--b:#eba853;--c:#b192ee}}
        *{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
        main{max-width:1000px;margin:0 auto;padding:40px 20px}header{margin-bottom:28px}h1{font-size:32px;margin:0 0 10px;letter-spacing:-.02em;overflow-wrap:anywhere}
        h2{font-size:16px;margin:0 0 12px}.kind{margin:0;color:var(--soft);font-size:13px;letter-spacing:.06em;text-transform:uppercase}
        .badge{display:inline-block;margin:0;padding:3px 12px;border-radius:99px;border:1px solid var(--rule);font-weight:600;font-size:13px}
        .good{color:var(--up);border-color:var(--up)}.bad{color:var(--card);background:var(--down);border-color:var(--down)}
        section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:18px 20px;margin:0 0 18px;overflow-x:auto}
        .failures{border-color:var(--down)}.failures ul{margin:0;padding-left:18px}.leak{color:var(--down);font-weight:600}
        table{border-collapse:collapse;width:100%}th,td{padding:6px 10px;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top}
        thead th{color:var(--soft);font-weight:500;font-size:13px;white-space:nowrap}th:first-child{text-align:left}tbody tr:last-child>*{border-bottom:0}
        tbody th{font-weight:600}.none{color:var(--soft)}.wrong,.drop td{color:var(--down);font-weight:700}.text{margin:2px 0 0;font-weight:400;color:var(--soft);max-width:48ch}
        figure{margin:0 0 14px}figcaption{color:var(--soft);font-size:13px;margin-bottom:4px}svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font-size:12px}
        .grid{stroke:var(--rule)}.up{fill:var(--up)}.down{fill:var(--down)}.line{fill:none;stroke-width:2}.line0{stroke:var(--a)}.line1{stroke:var(--b)}.line2{stroke:var(--c)}
        svg .name0{fill:var(--a)}svg .name1{fill:var(--b)}svg .name2{fill:var(--c)}svg .name{font-weight:600}footer{color:var(--soft);font-size:13px}
        """
}
