import CLibXML2

/// The general entities of one XML document, each a short piece of plain text.
///
/// libxml2's own expansion is never used. What is returned to it claims to be predefined, so that its content is given out once as characters and
/// not parsed: no entity can hold another, and what a reference unfolds to counts as text against the limit. An entity with markup or references in
/// it, an external one, and one that is not declared anywhere are left out of the text.
final class XMLEntities {
    private var contents: [String: UnsafeMutablePointer<UInt8>] = [:]
    private let lent = UnsafeMutablePointer<xmlEntity>.allocate(capacity: 1)
    private let named = UnsafeMutablePointer<UInt8>.allocate(capacity: 8)

    /// A declared abbreviation is a few words; past this it is not kept.
    private static let maximumContentBytes = 1_024

    /// DocBook's and HTML's entity sets have some 2,000 names; past this declarations are not kept.
    private static let maximumCount = 10_000

    init() {
        lent.initialize(to: xmlEntity())
        lent.pointee.type = XML_ENTITY_DECL
        lent.pointee.etype = XML_INTERNAL_PREDEFINED_ENTITY
        named.initialize(repeating: 0, count: 8)
        // libxml2 leaves a declaration's source text to whatever entity `getEntity` names, unless that has one.
        lent.pointee.orig = named
    }

    deinit {
        for content in contents.values { content.deallocate() }
        lent.deallocate()
        named.deallocate()
    }

    /// Keeps a declaration. The first of a name counts (XML 1.0, 4.2).
    ///
    /// - Parameter content: nil for an external entity.
    func declare(_ name: UnsafePointer<UInt8>, _ content: UnsafePointer<UInt8>?) {
        let key = String(cString: name)
        guard contents.count < Self.maximumCount, contents[key] == nil else { return }
        let bytes = UnsafeBufferPointer(start: content, count: content == nil ? 0 : Int(xmlStrlen(content)))
        let isText = bytes.count <= Self.maximumContentBytes && !bytes.contains(UInt8(ascii: "&")) && !bytes.contains(UInt8(ascii: "<"))
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + 1)
        copy.initialize(repeating: 0, count: bytes.count + 1)
        if isText, let source = bytes.baseAddress { copy.update(from: source, count: bytes.count) }
        contents[key] = copy
    }

    /// What a reference stands for, valid until the next call: declared here, or one of HTML's.
    func entity(named name: UnsafePointer<UInt8>) -> UnsafeMutablePointer<xmlEntity>? {
        if let content = contents[String(cString: name)] { return lend(content) }
        guard let known = htmlEntityLookup(name) else { return nil }
        named.update(repeating: 0, count: 8)
        var next = named
        for byte in String(UnicodeScalar(known.pointee.value) ?? "\u{FFFD}").utf8 {
            next.pointee = byte
            next += 1
        }
        return lend(named)
    }

    private func lend(_ content: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<xmlEntity> {
        lent.pointee.content = content
        lent.pointee.length = xmlStrlen(content)
        return lent
    }
}
