/// The functions of sprig, found under the variable `sprig`.
enum SprigFunctions {
    static let table: [String: NativeFunction] = [:]
}
