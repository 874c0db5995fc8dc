package import OrderedCollections

/// Labels, annotations, node selectors.
package typealias StringMap = OrderedDictionary<String, String>

/// Amounts by name.
package typealias IntMap = OrderedDictionary<String, Int>
