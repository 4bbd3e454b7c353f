import CLibXML2
import Text

/// Drives libxml2 over a document and hands its markup to a sink.
///
/// No tree is built. The document is fed to libxml2 in pieces of some 4 KiB, and between two pieces the processor time is looked
/// at: also a single tag with a million attributes, over which libxml2 takes quadratic time, can be stopped in its middle.
/// Nothing is loaded from anywhere: no entity, DTD or file (no such handler is set, and the network is switched off).
enum MarkupReader {
    enum Language { case html, xml }

    /// - Parameter utf8: valid UTF-8 without byte order mark or NUL.
    /// - Throws: `parseFailed` (XML that is not well-formed), `parseLimit`.
    static func read(_ utf8: [UInt8], as language: Language, into sink: MarkupSink, limits: ParsingLimits, budget: ProcessorTimeBudget) throws(ParsingError) {
        _ = libraryIsInitialised
        let failure: ParsingError? = utf8.withUnsafeBufferPointer { bytes in
            let session = MarkupSession(
                feeding: bytes, into: sink, maximumDepth: language == .html ? limits.maximumHTMLDepth : limits.maximumXMLDepth, limits, budget)
            return withExtendedLifetime(session) {
                guard let context = MarkupContext(language), let isWellFormed = context.parse(session) else {
                    return ParsingError(.parseLimit, "no memory for the parser")
                }
                return session.failure ?? (isWellFormed ? nil : ParsingError(.parseFailed, "the XML is not well-formed"))
            }
        }
        if let failure { throw failure }
    }

    /// libxml2 allows parsing on any thread once this has returned (libxml2, "Thread safety").
    private static let libraryIsInitialised: Void = xmlInitParser()
}

/// One parse as libxml2's callbacks see it: what is fed, what came out, why it stopped.
private final class MarkupSession {
    let sink: MarkupSink
    var failure: ParsingError?
    let entities = XMLEntities()
    private var next: UnsafePointer<UInt8>?
    private var left: Int
    private var depth = 0
    private var nodes = 0
    private let maximumDepth: Int
    private let limits: ParsingLimits
    private let budget: ProcessorTimeBudget

    init(feeding bytes: UnsafeBufferPointer<UInt8>, into sink: MarkupSink, maximumDepth: Int, _ limits: ParsingLimits, _ budget: ProcessorTimeBudget) {
        self.sink = sink
        self.maximumDepth = maximumDepth
        self.limits = limits
        self.budget = budget
        next = bytes.baseAddress
        left = bytes.count
    }

    /// The next piece of the document; 0 at its end and once the parse has to stop.
    func feed(_ target: UnsafeMutablePointer<CChar>, atMost room: Int) -> Int {
        guard failure == nil, let source = next, left > 0 else { return 0 }
        if budget.isSpent {
            failure = ParsingError(.parseLimit, "parsing took too long")
            return 0
        }
        let count = min(room, left)
        UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count)
        next = source + count
        left -= count
        return count
    }

    func startElement(_ name: UnsafePointer<UInt8>, _ attributes: MarkupAttributes) {
        guard failure == nil else { return }
        depth += 1
        nodes += 1
        if depth > maximumDepth { failure = ParsingError(.parseLimit, "elements are nested too deeply") }
        if nodes > limits.maximumNodes { failure = ParsingError(.parseLimit, "there are too many elements") }
        sink.startElement(MarkupName(name), attributes)
    }

    func endElement(_ name: UnsafePointer<UInt8>) {
        guard failure == nil else { return }
        depth -= 1
        sink.endElement(MarkupName(name))
    }

    func characters(_ text: UnsafeBufferPointer<UInt8>) {
        guard failure == nil else { return }
        sink.characters(text)
        if sink.textBytes > limits.maximumTextBytes { failure = ParsingError(.parseLimit, "the text is too long") }
    }
}

/// An owned libxml2 parser context (its memory and that of its input).
private struct MarkupContext: ~Copyable {
    private let context: xmlParserCtxtPtr
    private let language: MarkupReader.Language

    init?(_ language: MarkupReader.Language) {
        guard let context = language == .html ? htmlNewParserCtxt() : xmlNewParserCtxt() else { return nil }
        self.context = context
        self.language = language
    }

    deinit {
        // For entity declarations libxml2 keeps a document of its own, also without a tree.
        if let declarations = context.pointee.myDoc { xmlFreeDoc(declarations) }
        if language == .html { htmlFreeParserCtxt(context) } else { xmlFreeParserCtxt(context) }
    }

    /// Parses what `session` feeds and hands it the markup. The session is borrowed until this returns.
    ///
    /// - Returns: whether the document was well-formed (HTML always is); nil where there is no memory.
    borrowing func parse(_ session: MarkupSession) -> Bool? {
        let address = Unmanaged.passUnretained(session).toOpaque()
        context.pointee.userData = address
        setHandlers(context.pointee.sax, declaresEntities: language == .xml)
        switch language {
        case .html: htmlCtxtUseOptions(context, Int32(HTML_PARSE_IGNORE_ENC.rawValue | HTML_PARSE_NODEFDTD.rawValue | HTML_PARSE_NONET.rawValue))
        case .xml: xmlCtxtUseOptions(context, Int32(XML_PARSE_IGNORE_ENC.rawValue | XML_PARSE_NONET.rawValue))
        }
        guard let buffer = xmlParserInputBufferCreateIO(readPiece, nil, address, XML_CHAR_ENCODING_NONE) else { return nil }
        guard let input = xmlNewIOInputStream(context, buffer, XML_CHAR_ENCODING_NONE) else {
            xmlFreeParserInputBuffer(buffer)
            return nil
        }
        inputPush(context, input)
        // The content is UTF-8 by now, whatever it declares.
        context.pointee.charset = Int32(XML_CHAR_ENCODING_UTF8.rawValue)
        if language == .html { htmlParseDocument(context) } else { xmlParseDocument(context) }
        return language == .html || context.pointee.wellFormed == 1
    }
}

private func session(_ address: UnsafeMutableRawPointer?) -> MarkupSession? {
    address.map { Unmanaged<MarkupSession>.fromOpaque($0).takeUnretainedValue() }
}

private let readPiece: xmlInputReadCallback = { address, target, room in
    guard let target, let session = session(address) else { return 0 }
    return Int32(session.feed(target, atMost: Int(room)))
}

/// Sets the handlers of markup and of errors, and none of all that would build a tree or load anything.
private func setHandlers(_ handler: UnsafeMutablePointer<xmlSAXHandler>, declaresEntities: Bool) {
    handler.initialize(to: xmlSAXHandler())
    // Not `XML_SAX2_MAGIC`: with it, libxml2 compares the attributes of a tag with one another only once it has read them all, where nothing can stop it.
    // Without an error handler it says nothing; errors show in `wellFormed`.
    handler.pointee.initialized = 1
    handler.pointee.startElement = { address, name, attributes in
        guard let name else { return }
        session(address)?.startElement(name, MarkupAttributes(attributes))
    }
    handler.pointee.endElement = { address, name in
        guard let name else { return }
        session(address)?.endElement(name)
    }
    let characters: charactersSAXFunc = { address, text, count in
        session(address)?.characters(UnsafeBufferPointer(start: text, count: Int(count)))
    }
    handler.pointee.characters = characters
    handler.pointee.ignorableWhitespace = characters
    guard declaresEntities else { return }  // In HTML, CDATA is what scripts and styles hold.
    handler.pointee.cdataBlock = characters
    handler.pointee.entityDecl = { address, name, type, _, _, content in
        // Parameter entities are of the DTD alone. An external entity is known, and empty.
        guard let name, type < Int32(XML_INTERNAL_PARAMETER_ENTITY.rawValue) else { return }
        session(address)?.entities.declare(name, type == Int32(XML_INTERNAL_GENERAL_ENTITY.rawValue) ? content : nil)
    }
    handler.pointee.getEntity = { address, name in
        guard let name, let session = session(address) else { return nil }
        return session.entities.entity(named: name)
    }
}
