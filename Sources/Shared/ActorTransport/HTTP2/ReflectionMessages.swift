/// What a client asks the reflection service.
///
/// Both versions of the service have the same messages.
struct ReflectionRequest: ProtoMessage {
    static let schema = MessageSchema("grpc.reflection.v1.ServerReflectionRequest")

    var host: String?
    var fileName: String?
    var symbol: String?
    var extensionRequest: ExtensionRequest?
    var extendedType: String?
    var listServices: String?

    init() {}

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("host", &self.host)
        try coder.field("file_by_filename", &self.fileName)
        try coder.field("file_containing_symbol", &self.symbol)
        try coder.field("file_containing_extension", &self.extensionRequest)
        try coder.field("all_extension_numbers_of_type", &self.extendedType)
        try coder.field("list_services", &self.listServices)
    }
}

/// Asks who extends a message; nobody does.
struct ExtensionRequest: MessageFields {
    var containingType: String?
    var number: Int?

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("containing_type", &self.containingType)
        try coder.field("extension_number", &self.number)
    }
}

struct ReflectionResponse: ProtoMessage {
    static let schema = MessageSchema("grpc.reflection.v1.ServerReflectionResponse")

    var host: String?
    var request: ReflectionRequest?
    var files: ReflectionFiles?
    var extensionNumbers: ExtensionNumbers?
    var services: ReflectionServices?
    var error: ReflectionFailure?

    init() {}

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("valid_host", &self.host)
        try coder.field("original_request", &self.request)
        try coder.field("file_descriptor_response", &self.files)
        try coder.field("all_extension_numbers_response", &self.extensionNumbers)
        try coder.field("list_services_response", &self.services)
        try coder.field("error_response", &self.error)
    }
}

struct ReflectionFiles: MessageFields {
    /// Each a FileDescriptorProto.
    var files: [[UInt8]] = []

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("file_descriptor_proto", &self.files)
    }
}

struct ExtensionNumbers: MessageFields {
    var baseType: String?
    var numbers: [Int] = []

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("base_type_name", &self.baseType)
        try coder.field("extension_number", &self.numbers)
    }
}

struct ReflectionServices: MessageFields {
    struct Service: MessageFields {
        var name = ""

        mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
            try coder.field("name", &self.name)
        }
    }

    var services: [Service] = []

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("service", &self.services)
    }
}

struct ReflectionFailure: MessageFields {
    var code = 0
    var message = ""

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("error_code", &self.code)
        try coder.field("error_message", &self.message)
    }
}
