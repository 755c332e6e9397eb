"""An application on a free loopback port, served by the uvicorn that serves it in production."""

import asyncio
from contextlib import asynccontextmanager

import uvicorn


@asynccontextmanager
async def listening(app):
    """Yields the address, `http://127.0.0.1:PORT`."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        (port,) = {sock.getsockname()[1] for one in server.servers for sock in one.sockets}
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running
