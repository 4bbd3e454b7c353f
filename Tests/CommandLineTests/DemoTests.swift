import Contract
import Foundation
import Testing

@testable import sluice

@Suite struct `The demo` {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The plan with its paths made absolute: tests run in any directory.
    private func plan() throws -> DemoPlan {
        let text = String(decoding: try readFile(Self.root + "/docs/demo/demo.json"), as: UTF8.self)
        return try DemoPlan(parsing: Array(text.replacingOccurrences(of: "\"docs/demo/", with: "\"\(Self.root)/docs/demo/").utf8))
    }

    @Test func `the plan the repository ships fits together`() throws {
        let plan = try plan()
        #expect(plan.documents.count >= 40)
        #expect(plan.tenants.map(\.text) == ["acme", "globex"])
        #expect(plan.questions.count == 5)
        #expect(plan.askers.count == 3)
        #expect(plan.changes.map(\.kind) == ["revoke", "closeContainer", "delete", "edit"])
        let names = Set(plan.askers.map(\.name))
        for question in plan.questions { #expect(names.isSuperset(of: question.expected.keys) && names.isSuperset(of: question.forbidden.keys)) }
        for change in plan.changes {
            _ = try plan.question(change.questionID)
            _ = try plan.asker(named: change.asker)
            #expect(names.isSuperset(of: change.stillVisibleTo))
        }
        for document in plan.documents { #expect(try document.events().allSatisfy(\.fitsRecord)) }
    }

    @Test func `a plan with a flaw says where`() {
        #expect(throws: ClientError("the plan is not JSON")) { try DemoPlan(parsing: []) }
        #expect(throws: ClientError("plan has no groups in form")) { try DemoPlan(parsing: Array("{}".utf8)) }
        #expect(throws: ClientError("groups[0] has no source in form")) {
            try DemoPlan(parsing: Array(#"{"groups": [{"tenant": "a", "group": "b"}], "containers": []}"#.utf8))
        }
    }

    private func hit(_ document: String, _ text: String = "") -> QueryReply.Hit {
        QueryReply.Hit(
            source: "wiki", document: document, title: nil, uri: nil, text: text, headings: [], span: 0..<1,
            receipt: QueryReply.Receipt(textDigest: "", contentVersion: "", permissionsVersion: ""))
    }

    @Test func `a wrong first citation and a forbidden one anywhere are violations`() throws {
        let question = DemoPlan.Question(id: "pay", text: "", expected: ["alice": "pay"], forbidden: ["mallory": ["pay"]])
        #expect(question.violations(in: [hit("pay"), hit("x")], by: "alice") == [])
        #expect(question.violations(in: [hit("x"), hit("pay")], by: "alice").count == 1)
        #expect(question.violations(in: [], by: "alice").count == 1)
        #expect(question.violations(in: [hit("x")], by: "mallory") == [])
        #expect(question.violations(in: [hit("x"), hit("pay")], by: "mallory").count == 1)
        #expect(question.answer(in: [hit("x")], for: "mallory") == nil)
        #expect(question.answer(in: [hit("x"), hit("pay")], for: "mallory")?.document == "pay")
    }

    @Test func `an effect holds once the old is gone and the new is there`() {
        let edit = DemoPlan.Change.Effect.shows("16 weeks of leave", insteadOf: "14 weeks of leave")
        #expect(edit.holds(in: [hit("a", "has 16 weeks\nof leave")]))
        #expect(!edit.holds(in: [hit("a", "16 weeks of leave"), hit("b", "14 weeks of leave")]))
        #expect(!edit.holds(in: []))
        #expect(DemoPlan.Change.Effect.vanishes(["a"]).holds(in: [hit("b")]))
        #expect(!DemoPlan.Change.Effect.vanishes(["a"]).holds(in: [hit("b"), hit("a")]))
    }

    @Test func `of a passage the sentence is shown that speaks of the question`() {
        let text = "Parental leave\nAsk early. Every parent gets 14.5 weeks of parental leave. Then work."
        #expect(
            bestSentence(of: text, headings: ["Parental leave"], for: "How many weeks of parental leave?")
                == "Every parent gets 14.5 weeks of parental leave.")
        #expect(bestSentence(of: "", headings: [], for: "x") == "")
    }
}
