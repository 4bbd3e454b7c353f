/// Tells a page's content from what stands around it, by what the page says of itself.
enum MainContent {
    /// Says of each block whether it is kept.
    ///
    /// `<main>` and `<article>` count where they hold a fair share of what is not marked as boilerplate; a teaser box called article among a page
    /// of text does not. A page that is boilerplate throughout is kept whole: losing a document is worse than indexing its menu.
    static func selector(of blocks: [DraftBlock]) -> (DraftBlock) -> Bool {
        var mainBytes = 0
        var contentBytes = 0
        for block in blocks where !block.region.contains(.boilerplate) {
            contentBytes += block.count
            if block.region.contains(.main) { mainBytes += block.count }
        }
        if mainBytes * smallestMainShare >= contentBytes, mainBytes > 0 {
            // The page's heading often stands just before its main element.
            return { !$0.region.contains(.boilerplate) && ($0.region.contains(.main) || $0.kind == .heading(level: 1)) }
        }
        return contentBytes > 0 ? { !$0.region.contains(.boilerplate) } : { _ in true }
    }

    /// Main content of less than a fourth of the page's text is a box among others.
    private static let smallestMainShare = 4
}
