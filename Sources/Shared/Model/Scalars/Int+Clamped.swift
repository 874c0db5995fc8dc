extension Int {
    /// The number without its fraction; the greatest or least integer where there is none so great, 0 for no number.
    package init(clamped number: Double) {
        guard !number.isNaN else {
            self = 0
            return
        }
        self = Int(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
    }
}

extension FixedWidthInteger where Self: SignedInteger {
    /// The sum, or what is nearest to it.
    package func addingClamped(_ other: Self) -> Self {
        let (sum, overflow) = self.addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or what is nearest to it.
    package func subtractingClamped(_ other: Self) -> Self {
        let (difference, overflow) = self.subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    /// The product, or what is nearest to it.
    package func multipliedClamped(by other: Self) -> Self {
        let (product, overflow) = self.multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }
}
