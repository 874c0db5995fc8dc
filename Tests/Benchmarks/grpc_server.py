"""Says back what it hears: Python's grpcio, for scale beside our own server. Prints its port."""
import asyncio

import grpc


class Echo(grpc.GenericRpcHandler):
    def service(self, call):
        async def echo(message, context):
            return message

        return grpc.unary_unary_rpc_method_handler(echo)


async def main():
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


asyncio.run(main())
