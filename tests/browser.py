"""Headless Chromium over its DevTools protocol, as much of it as the report's tests need."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: it cannot be had as root, and the only page is one that the test has written. The rest: no network.
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0")
WAIT_S = 60  # for a start or an answer, on a busy machine
A4_INCHES = (8.27, 11.69)


def program() -> str | None:
    """Chromium's path, or none where it is not installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page of one browser. `faults`: what it has said on its console or log since it was opened."""

    def __init__(self, folder: Path) -> None:
        command = [str(program()), *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        self.loop = asyncio.new_event_loop()
        self.faults: list[str] = []
        self.number = 0
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.socket = self.loop.run_until_complete(self._connect(folder / "DevToolsActivePort"))
            for domain in ("Page", "Runtime", "Log", "Accessibility"):
                self.call(f"{domain}.enable")
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.socket.close()
        self._end()

    def _end(self) -> None:
        self.process.terminate()
        self.process.wait(WAIT_S)
        self.loop.close()

    async def _connect(self, port_file: Path) -> WebSocketClientConnection:
        end = time.monotonic() + WAIT_S
        while not (port_file.exists() and port_file.read_text().count("\n")):
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError(f"{self.process.args[0]} did not start")
            await asyncio.sleep(0.05)
        port = port_file.read_text().splitlines()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=WAIT_S) as answer:
            target = next(entry for entry in json.load(answer) if entry["type"] == "page")
        return await websocket_connect(target["webSocketDebuggerUrl"], max_message_size=1 << 28)

    def call(self, method: str, until: str = "", **parameters: Any) -> Any:
        """Its answer; with `until`, once that event has come, too."""
        return self.loop.run_until_complete(asyncio.wait_for(self._call(method, until, parameters), WAIT_S))

    async def _call(self, method: str, until: str, parameters: dict[str, Any]) -> Any:
        self.number += 1
        await self.socket.write_message(json.dumps({"id": self.number, "method": method, "params": parameters}))
        answer: Any = None
        while answer is None or until:
            text = await self.socket.read_message()
            if text is None:
                raise RuntimeError(f"the browser has gone during {method}")
            message = json.loads(text)
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                answer = message["result"]
            elif message.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
                self.faults.append(json.dumps(message["params"]))
            elif message.get("method") == until:
                until = ""
        return answer

    def open(self, page: Path, width: int, media: str = "screen") -> None:
        """Load the page in a window of this width in CSS pixels, a phone's below 600."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media=media)
        self.call("Page.navigate", until="Page.loadEventFired", url=page.as_uri())

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", script))
        return answer["result"].get("value")

    def pictures(self) -> list[str]:
        """The name of every picture, as a screen reader has it."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [node.get("name", {}).get("value", "") for node in nodes
                if not node.get("ignored") and node.get("role", {}).get("value") in ("image", "img")]

    def pdf(self) -> bytes:
        """The page printed on A4, with the page's own margins."""
        width, height = A4_INCHES
        answer = self.call("Page.printToPDF", paperWidth=width, paperHeight=height, preferCSSPageSize=True,
                           printBackground=False)
        return base64.b64decode(answer["data"])

    def picture(self) -> bytes:
        """The whole page as a PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])
