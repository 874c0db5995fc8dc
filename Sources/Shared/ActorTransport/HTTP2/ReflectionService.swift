import HTTP2

/// The reflection service of gRPC, in both of its versions: tells clients what services and messages there are.
struct ReflectionService: Sendable {
    static let methods: Set<String> = [
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ]

    private static let files = DescriptorFiles.compiled

    /// Each request has one answer, in order.
    static func answers(_ requests: AsyncStream<[UInt8]>) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream(unfolding: {
            for await message in requests {
                return try self.answer(try ReflectionRequest(encoded: message)).encoded()
            }
            return nil
        })
    }

    private static func answer(_ request: ReflectionRequest) -> ReflectionResponse {
        var response = ReflectionResponse()
        response.host = request.host
        response.request = request
        if let name = request.fileName {
            response.answer(with: self.files.withImports(name), "file \(name)")
        } else if let symbol = request.symbol {
            response.answer(with: self.files.declaring(symbol), "symbol \(symbol)")
        } else if let type = request.extendedType, self.files.declaring(type) != nil {
            response.extensionNumbers = ExtensionNumbers(baseType: type)
        } else if request.listServices != nil {
            let services = self.files.services.map { ReflectionServices.Service(name: $0) }
            response.services = ReflectionServices(services: services)
        } else if request.extensionRequest != nil || request.extendedType != nil {
            response.answer(with: nil, "the extension")
        } else {
            let code = ServiceError.Code.invalidArgument.rawValue
            response.error = ReflectionFailure(code: code, message: "the request asks for nothing that is known")
        }
        return response
    }
}

extension ReflectionResponse {
    fileprivate mutating func answer(with files: [[UInt8]]?, _ what: String) {
        if let files {
            self.files = ReflectionFiles(files: files)
        } else {
            self.error = ReflectionFailure(code: ServiceError.Code.notFound.rawValue, message: "\(what) is not known")
        }
    }
}
