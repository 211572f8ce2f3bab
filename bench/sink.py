"""A mail server that takes everything, fast, and keeps nothing: `python -m bench.sink` prints its port."""

import asyncio
from typing import cast

OFFERS = b"250-sink\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n"
ANSWERS = {
    b"EHLO": OFFERS,
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}


class Sink(asyncio.Protocol):
    """One connection, commands in groups or one by one."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport = cast(asyncio.Transport, transport)
        self.buffer, self.in_message = b"", False
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer what is whole."""
        self.buffer += data
        answers = b""
        while True:
            end = b"\r\n.\r\n" if self.in_message else b"\r\n"
            line, found, rest = self.buffer.partition(end)
            if not found:
                break
            self.buffer = rest
            verb = line[:4].upper()
            answers += b"250 2.0.0 ok\r\n" if self.in_message else ANSWERS.get(verb, b"250 2.0.0 ok\r\n")
            self.in_message = not self.in_message and verb == b"DATA"
        self.transport.write(answers)


async def main() -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
