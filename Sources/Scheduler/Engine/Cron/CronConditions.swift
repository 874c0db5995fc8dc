import Expressions
import Model
import OrderedCollections

/// The conditions of a cron workflow, over its own name, labels and counts.
struct CronConditions {
    private let cron: CronWorkflow
    private let now: Timestamp

    init(_ cron: CronWorkflow, now: Timestamp) {
        self.cron = cron
        self.now = now
    }

    /// Whether `when` lets a tick make a workflow.
    func holds() throws(ExpressionFailure) -> Bool {
        guard let when = self.cron.spec.when else { return true }
        let scope = Scope(
            Dictionary(uniqueKeysWithValues: try self.members().map { ("cronworkflow.\($0.key)", $0.value) }))
        let condition: String
        do {
            condition = try TemplateText.replaced(when, scope, .refused, self.context)
        } catch {
            throw ExpressionFailure(error.description)
        }
        return try WhenExpression.holds(condition)
    }

    /// Whether the stop expression, if there is one, has come true.
    func isStopReached() throws(ExpressionFailure) -> Bool {
        guard let expression = self.cron.spec.stopStrategy?.expression else { return false }
        return try Expression.condition(expression, ["cronworkflow": .map(try self.members())], self.context)
    }

    private var context: ExpressionContext {
        ExpressionContext(
            now: Instant(
                seconds: Int(self.now.seconds),
                nanoseconds: Int(self.now.nanoseconds - self.now.seconds * 1_000_000_000)))
    }

    private func members() throws(ExpressionFailure) -> [String: Value] {
        let metadata = self.cron.metadata
        let labels = Self.map(metadata.labels)
        let annotations = Self.map(metadata.annotations)
        let status = self.cron.status
        var members: [String: Value] = [
            "name": .string(metadata.name), "namespace": .string(metadata.namespace), "labels": labels,
            "annotations": annotations, "failed": .int(status.failed), "succeeded": .int(status.succeeded),
            "lastScheduledTime": status.lastScheduledTime.map { .time(Instant(seconds: Int($0.seconds))) } ?? .null,
        ]
        do {
            members["labels.json"] = .string(try labels.jsonText())
            members["annotations.json"] = .string(try annotations.jsonText())
        } catch {
            throw ExpressionFailure(error.message)
        }
        return members
    }

    private static func map(_ texts: StringMap) -> Value {
        .map(Dictionary(texts.map { ($0.key, .string($0.value)) }, uniquingKeysWith: { first, _ in first }))
    }
}
