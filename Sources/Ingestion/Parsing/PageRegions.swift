import Text

/// What roles, ids and classes say of an element's place in a page. Whole words only: `sidebar`, not `has-sidebar`.
enum PageRegions {
    static func isMainRole(_ word: MarkupName) -> Bool { mainRoles[word] != nil }
    static func isMainName(_ word: MarkupName) -> Bool { mainNames[word] != nil }
    static func isBoilerplateRole(_ word: MarkupName) -> Bool { boilerplateRoles[word] != nil }
    static func isBoilerplateName(_ word: MarkupName) -> Bool { boilerplateNames[word] != nil }

    /// Calls `body` with each word between white space.
    static func forEachWord(in value: UnsafePointer<UInt8>, _ body: (MarkupName) -> Void) {
        var next = value
        while next.pointee != 0 {
            let start = next
            while next.pointee != 0, !UTF8Text.isASCIIWhiteSpace(next.pointee) { next += 1 }
            if next > start { body(MarkupName(UnsafeBufferPointer(start: start, count: next - start))) }
            if next.pointee != 0 { next += 1 }
        }
    }

    private static let mainRoles = MarkupNameTable<Bool>([(true, ["main", "article"])])
    private static let mainNames = MarkupNameTable<Bool>([
        (
            true,
            [
                "article-body", "article-content", "articleBody", "article__body", "entry-content", "post-content", "post-body", "wiki-content",
                "mw-content-text", "markdown-body",
            ]
        )
    ])
    private static let boilerplateRoles = MarkupNameTable<Bool>([
        (true, ["navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar"])
    ])

    /// Names that page builders and wikis give to what surrounds the content.
    private static let boilerplateNames = MarkupNameTable<Bool>([
        (
            true,
            [
                "sidebar", "sidebar-right", "sidebar-left", "widget-area", "widget", "navbar", "nav", "navigation", "main-navigation", "post-navigation",
                "nav-links",
                "menu", "main-menu", "breadcrumb", "breadcrumbs", "pagination", "pager", "footer", "site-footer", "page-footer", "site-header", "cookie-banner",
                "cookie-notice", "cookie-consent", "cookie-law-info-bar", "newsletter", "newsletter-signup", "social-share", "share-buttons",
                "sharedaddy", "related", "related-posts", "related-articles", "jp-relatedposts", "comments", "comment-list", "commentlist", "comment-respond",
                "respond",
                "author-box", "skip-link", "screen-reader-text",
            ]
        )
    ])
}
