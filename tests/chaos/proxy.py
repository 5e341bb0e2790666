"""A TCP proxy that fails on demand: every part of the fleet talks through one."""

import asyncio
import contextlib
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

RUBBISH = b"\x00\x17 this is not the protocol that you speak\r\n\r\n"
CHUNK = 65536
SLOW_SECONDS = 0.1
# More than the ledger lets a transaction idle, so that this limit is played too.
SEEN_GONE_SECONDS = 20
TRACE = re.compile(rb"X-Fleet-Trace: (\w+)", re.IGNORECASE)


class Mode(StrEnum):
    """What happens to connections, from now on."""

    PASS = "pass"
    REFUSE = "refuse"
    CUT_BEFORE = "cut_before"
    CUT_DURING = "cut_during"
    CUT_AFTER = "cut_after"
    STALL = "stall"
    RUBBISH = "rubbish"
    SLOW = "slow"
    HOLD_BEFORE = "hold_before"
    HOLD_DURING = "hold_during"
    HOLD_AFTER = "hold_after"


class Proxy:
    """Passes bytes between clients and one port of this machine, as long as it is told to."""

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self.target = target
        self.mode = Mode.PASS
        self.only = re.compile(b"")
        #: Whether the answer to what is held after has passed.
        self.answered = False
        self.hits: Counter[str] = Counter()
        self.traces: set[str] = set()
        self._open: set[_Pair] = set()
        self._loop = asyncio.new_event_loop()

    def fail(self, mode: Mode, only: bytes = b"") -> None:
        """From now on; `only` requests in which this pattern is found, and their answers.

        One that is held waits before it is passed on, or its answer does, or the first request
        after its answer; until the connection is cut, or all is healed.
        """
        self.answered = False
        self.only, self.mode = re.compile(only), mode

    def heal(self) -> None:
        """Pass everything again."""
        self.fail(Mode.PASS)

    def cut(self) -> int:
        """Reset every open connection; returns how many there were."""
        return self._each(_Pair.reset, "cut")

    def half_open(self) -> int:
        """Let every open connection stand and pass nothing more on it; new ones work."""
        return self._each(_Pair.freeze, "half_open")

    def _each(self, act: "Callable[[_Pair], None]", hit: str) -> int:
        async def on_all() -> int:
            pairs = list(self._open)
            for pair in pairs:
                act(pair)
            self.hits[hit] += len(pairs)
            return len(pairs)

        return asyncio.run_coroutine_threadsafe(on_all(), self._loop).result(10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = _Pair(self, writer)
        self._open.add(pair)
        try:
            await pair.run(reader)
        except asyncio.CancelledError:
            # The proxy is being closed; asyncio would print a cancelled server task.
            return
        finally:
            self._open.discard(pair)
            pair.reset()

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        start = asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=CHUNK)
        server = self._loop.run_until_complete(start)
        ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


class _Pair:
    """One client and its connection to the target."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._client = client
        self._target: asyncio.StreamWriter | None = None
        self._frozen = False
        self._asked = b""

    async def run(self, reader: asyncio.StreamReader) -> None:
        """Until one side ends, or a mode ends it."""
        if self._proxy.mode is Mode.REFUSE:
            self._proxy.hits["refuse"] += 1
            return
        with contextlib.suppress(OSError):
            answers, self._target = await asyncio.open_connection("127.0.0.1", self._proxy.target)
            ways = [
                asyncio.ensure_future(self._upstream(reader, self._target)),
                asyncio.ensure_future(self._downstream(answers)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    def freeze(self) -> None:
        """Pass nothing on any more, and say nothing of it; the target sees it in the end."""
        self._frozen = True
        if self._target is not None:
            # As its kernel finds that nobody is there: a server that was cut off in the middle of
            # a statement would else wait for its rest, and hold locks, as long as we pretend.
            asyncio.get_running_loop().call_later(SEEN_GONE_SECONDS, self._target.transport.abort)

    def reset(self) -> None:
        """Hang up on both sides without a farewell."""
        for writer in (self._client, self._target):
            if writer is not None and writer.transport is not None:
                writer.transport.abort()

    async def _upstream(self, client: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while chunk := await self._read(client, asking=True):
            self._proxy.traces |= {found.decode() for found in TRACE.findall(chunk)}
            if self._hit(Mode.CUT_BEFORE):
                return
            await self._hold(Mode.HOLD_BEFORE)
            if self._proxy.answered:
                await self._hold(Mode.HOLD_AFTER, any_request=True)
            if self._hit(Mode.RUBBISH):
                self._client.write(RUBBISH)
                await self._client.drain()
                return
            target.write(chunk)
            await target.drain()

    async def _downstream(self, target: asyncio.StreamReader) -> None:
        while chunk := await self._read(target):
            if self._hit(Mode.CUT_AFTER):
                return
            if self._hit(Mode.CUT_DURING):
                self._client.write(chunk[: max(1, len(chunk) // 2)])
                await self._client.drain()
                return
            await self._hold(Mode.HOLD_DURING)
            self._client.write(chunk)
            await self._client.drain()
            if self._proxy.mode is Mode.HOLD_AFTER and self._proxy.only.search(self._asked):
                self._proxy.answered = True

    async def _read(self, reader: asyncio.StreamReader, *, asking: bool = False) -> bytes:
        try:
            chunk = await reader.read(CHUNK)
        except OSError:
            return b""
        if asking:
            self._asked = chunk
        while self._frozen or (chunk and self._hit(Mode.STALL)):
            await asyncio.sleep(0.05)
        if chunk and self._hit(Mode.SLOW):
            await asyncio.sleep(SLOW_SECONDS)
        return chunk

    async def _hold(self, mode: Mode, *, any_request: bool = False) -> None:
        held = self._hit(mode, any_request=any_request)
        while held and self._proxy.mode is mode:
            await asyncio.sleep(0.02)

    def _hit(self, mode: Mode, *, any_request: bool = False) -> bool:
        if self._proxy.mode is not mode:
            return False
        if not any_request and not self._proxy.only.search(self._asked):
            return False
        self._proxy.hits[mode] += 1
        return True


@contextmanager
def proxying(port: int, target: int) -> Iterator[Proxy]:
    """A proxy on a loopback port for the length of the block."""
    proxy, ready = Proxy(port, target), threading.Event()
    thread = threading.Thread(target=proxy._run, args=(ready,), daemon=True)
    thread.start()
    if not ready.wait(10):
        raise OSError(f"no proxy listens on port {port}: somebody else may have taken it")
    try:
        yield proxy
    finally:
        proxy._loop.call_soon_threadsafe(proxy._loop.stop)
        thread.join(10)
