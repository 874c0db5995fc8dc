/// Why a store did not do what it was asked.
package struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The disk is full.
        case full
        /// The folder or the file cannot be written.
        case unwritable
        /// The file is damaged, or no database.
        case corrupt
        /// Another process owns the data folder.
        case owned
        /// The file was written by a newer program.
        case newerSchema
        /// A row that must be unique exists.
        case conflict
        /// The database server cannot be reached, or does not answer in time. It is asked again the next time.
        case unavailable
        /// The database is not one that this program can work on.
        case unsuitable
        /// The store was closed.
        case closed
        /// Anything else. Whether a commit took effect is unknown.
        case failed
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
