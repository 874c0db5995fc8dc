import JSON
import OrderedCollections

// What bounds templates and workflows: retries, deadlines, parallelism.
extension RandomWorkflow {
    /// Of the whole workflow.
    mutating func limits() -> JSONObject {
        var spec = JSONObject()
        if self.chance(40) { spec["parallelism"] = .integer(self.number(1...4)) }
        if self.chance(10) { spec["activeDeadlineSeconds"] = .integer(self.number(5...60)) }
        return spec
    }

    /// Of a template that calls others.
    mutating func compositeLimits() -> JSONObject {
        var template = JSONObject()
        if self.chance(20) { template["parallelism"] = .integer(self.number(1...2)) }
        if self.chance(15) { template["failFast"] = true }
        if self.chance(10) { template["retryStrategy"] = ["limit": "1"] }
        return template
    }

    mutating func podLimits() -> JSONObject {
        var template = JSONObject()
        if self.chance(35) { template["retryStrategy"] = .object(self.retryStrategy()) }
        if self.chance(12) { template["activeDeadlineSeconds"] = .integer(self.number(2...20)) }
        if self.chance(12) { template["timeout"] = .string("\(self.number(2...20))s") }
        return template
    }

    private mutating func retryStrategy() -> JSONObject {
        var strategy: JSONObject = ["limit": .string(String(self.number(0...3)))]
        if self.chance(60) {
            strategy["retryPolicy"] = .string(self.pick(["Always", "OnFailure", "OnError", "OnTransientError"]))
        }
        if self.chance(50) {
            var backoff: JSONObject = ["duration": .string(String(self.number(1...3)))]
            if self.chance(60) { backoff["factor"] = 2 }
            if self.chance(70) { backoff["maxDuration"] = .string(self.pick(["4s", "1m"])) }
            if self.chance(30) { backoff["cap"] = "4s" }
            strategy["backoff"] = .object(backoff)
        }
        if self.chance(35) {
            strategy["expression"] = .string(
                self.pick(["lastRetry.exitCode == '1'", "asInt(retries) < 2", "lastRetry.status != 'Error'"]))
        }
        return strategy
    }
}
