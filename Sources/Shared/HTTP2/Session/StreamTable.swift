/// What belongs to the open streams of a connection, by their numbers.
///
/// A connection looks its streams up several times for each call, and a dictionary's hash costs more than all else that
/// is done then. Slots that follow each other are searched; the factor that spreads numbers over them is drawn for each
/// table, so that a peer cannot choose numbers that meet.
struct StreamTable<Value> {
    private typealias Slot = (stream: StreamID, value: Value)

    private static var firstCapacity: Int { 16 }

    private var slots: [Slot?]
    private var shift: UInt64
    private let factor: UInt64
    private(set) var count = 0

    init() {
        self.slots = Array(repeating: nil, count: Self.firstCapacity)
        self.shift = 64 - UInt64(Self.firstCapacity.trailingZeroBitCount)
        self.factor = .random(in: 0 ... .max) | 1
    }

    var isEmpty: Bool { self.count == 0 }

    /// All of it, in no order.
    var values: [Value] { self.slots.compactMap { $0?.value } }

    subscript(stream: StreamID) -> Value? { self.slots[self.find(stream)]?.value }

    /// Adds what belongs to a stream, or replaces it.
    mutating func set(_ stream: StreamID, _ value: Value) {
        var index = self.find(stream)
        if self.slots[index] == nil {
            if self.count * 2 >= self.slots.count {
                self.grow()
                index = self.find(stream)
            }
            self.count += 1
        }
        self.slots[index] = (stream, value)
    }

    @discardableResult
    mutating func remove(_ stream: StreamID) -> Value? {
        var hole = self.find(stream)
        guard let removed = self.slots[hole] else { return nil }
        self.count -= 1
        // Those behind it that would not be found any more move up.
        var next = hole
        while true {
            next = (next + 1) & (self.slots.count - 1)
            guard let slot = self.slots[next] else { break }
            let distance = (next - self.home(slot.stream)) & (self.slots.count - 1)
            guard distance >= (next - hole) & (self.slots.count - 1) else { continue }
            self.slots[hole] = slot
            hole = next
        }
        self.slots[hole] = nil
        return removed.value
    }

    mutating func removeAll() { self = StreamTable() }

    private func home(_ stream: StreamID) -> Int {
        Int(truncatingIfNeeded: (UInt64(UInt32(bitPattern: stream)) &* self.factor) >> self.shift)
    }

    /// Where a stream is, or would be put: there is always a free slot.
    private func find(_ stream: StreamID) -> Int {
        var index = self.home(stream)
        while let slot = self.slots[index], slot.stream != stream { index = (index + 1) & (self.slots.count - 1) }
        return index
    }

    private mutating func grow() {
        let slots = self.slots
        self.slots = Array(repeating: nil, count: slots.count * 2)
        self.shift -= 1
        for case let slot? in slots { self.slots[self.find(slot.stream)] = slot }
    }
}
