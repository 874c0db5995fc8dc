import JSON
import OrderedCollections

// Locks of the workflow, of templates around others and of pods.
//
// Who holds a lock waits only for those of what it encloses, so each level has names of its own: else the nodes of one
// workflow could wait for each other.
extension RandomWorkflow {
    mutating func workflowLocks() -> JSONObject {
        self.chance(6) ? self.locks(of: "workflow") : [:]
    }

    mutating func compositeLocks(depth: Int) -> JSONObject {
        !self.isInHandler && self.chance(8) ? self.locks(of: "level\(depth)") : [:]
    }

    mutating func podLocks() -> JSONObject { self.chance(8) ? self.locks(of: "pods") : [:] }

    private mutating func locks(of level: String) -> JSONObject {
        let mutex: JSONValue = ["name": .string("\(level)-mutex")]
        let semaphore: JSONValue = ["configMapKeyRef": ["name": "limits", "key": .string(level)]]
        let synchronization: JSONValue
        switch self.number(0...4) {
        case 0: synchronization = ["mutexes": [mutex], "semaphores": [semaphore]]
        case 1...2: synchronization = ["semaphores": [semaphore]]
        default: synchronization = ["mutexes": [mutex]]
        }
        return ["synchronization": synchronization]
    }
}
