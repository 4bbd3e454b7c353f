/// What an HTML element means for the text.
enum HTMLElement: Sendable, Equatable {
    case block
    case heading(level: Int)
    case listItem
    case quote
    case preformatted
    case row
    case cell
    case table
    case lineBreak
    case link
    case title
    case root

    /// `main`, `article`.
    case main

    /// `nav`, `aside`: boilerplate wherever it stands.
    case aside

    /// `header`, `footer`: boilerplate of the page, but content of an article.
    case margin

    /// Never shown as text.
    case hidden

    /// Nil: an inline element, or one that is not known.
    static func named(_ name: MarkupName) -> HTMLElement? { elements[name] }

    private static let elements = MarkupNameTable<HTMLElement>([
        (
            .block,
            [
                "p", "div", "section", "body", "form", "fieldset", "legend", "figure", "figcaption", "address", "center", "details", "summary", "dialog",
                "hr", "ul", "ol", "dl", "dt", "menu", "dir", "hgroup", "search", "caption", "optgroup",
            ]
        ),
        (.heading(level: 1), ["h1"]), (.heading(level: 2), ["h2"]), (.heading(level: 3), ["h3"]),
        (.heading(level: 4), ["h4"]), (.heading(level: 5), ["h5"]), (.heading(level: 6), ["h6"]),
        (.listItem, ["li", "dd"]), (.quote, ["blockquote"]), (.preformatted, ["pre", "listing", "xmp", "plaintext"]),
        (.row, ["tr"]), (.cell, ["td", "th"]), (.table, ["table", "thead", "tbody", "tfoot"]), (.lineBreak, ["br"]), (.link, ["a"]),
        (.title, ["title"]), (.root, ["html"]), (.main, ["main", "article"]), (.aside, ["nav", "aside"]), (.margin, ["header", "footer"]),
        (
            .hidden,
            [
                "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "applet", "canvas", "audio", "video", "map", "select",
                "textarea",
                "datalist", "noframes", "noembed", "rp",
            ]
        ),
    ])
}
