"""A browser driven over the WebDriver protocol, with nothing but the standard library.

Only what the tests of the page need: open, run JavaScript, press keys, resize, read the log.
The protocol: https://www.w3.org/TR/webdriver2/.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from typing import Any

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

KEYS = {
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "PageUp": "\ue00e",
    "PageDown": "\ue00f",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
    "Shift": "\ue008",
}


def missing() -> str | None:
    """Return what keeps a browser from being driven here, or None."""
    if shutil.which("chromedriver") is None:
        return "no chromedriver installed (Debian: apt-get install chromium chromium-driver)"
    if _browser() is None:
        return "no chromium installed (Debian: apt-get install chromium chromium-driver)"
    return None


def _browser() -> str | None:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path is not None:
            return path
    return None


# Seconds that a script of a test may take, where others compute, too.
LONGEST = 150


class WebDriverError(Exception):
    """The driver refused a command, or the script in the page threw."""


class Browser:
    """A headless Chromium without network; a context manager, so that it always ends."""

    def __init__(self, *arguments: str, width: int = 1440, height: int = 900) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._driver = subprocess.Popen(
            ["chromedriver", "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            self._address = f"http://127.0.0.1:{self._find_port()}"
            options = {
                "binary": _browser(),
                "args": [
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--hide-scrollbars",
                    "--force-color-profile=srgb",
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                    f"--user-data-dir={self._profile.name}",
                    f"--window-size={width},{height}",
                    *arguments,
                ],
            }
            wanted = {
                "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL"},
                "timeouts": {"script": LONGEST * 1000},
            }
            answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self._session = f"/session/{answer['sessionId']}"
        except BaseException:
            self._stop()
            raise

    def _find_port(self) -> int:
        assert self._driver.stdout is not None
        for line in self._driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                return int(found.group(1))
        raise WebDriverError("chromedriver ended before it listened")

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with _DIRECT.open(request, timeout=LONGEST + 30) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise WebDriverError(f"{value['error']}: {value['message']}") from None

    def _command(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._call("POST", self._session + path, body or {})

    def open(self, address: str) -> None:
        self._command("/url", {"url": address})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run the body of a JavaScript function in the page and return what it returns."""
        return self._command("/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script: str, *arguments: Any) -> Any:
        """The same for a script that calls its last argument when it has finished."""
        return self._command("/execute/async", {"script": script, "args": list(arguments)})

    def enter(self, frame: int | None) -> None:
        """Go into a frame of the page, by its index, or back out of all of them."""
        self._command("/frame", {"id": frame})

    def devtools(self, command: str, **parameters: Any) -> Any:
        """Send a command of the Chrome DevTools protocol."""
        return self._command("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def press(self, *keys: str, shift: bool = False) -> None:
        """Press and release keys, one after another: names from KEYS, or single characters."""
        actions: list[dict[str, str]] = []
        if shift:
            actions.append({"type": "keyDown", "value": KEYS["Shift"]})
        for key in keys:
            value = KEYS.get(key, key)
            actions += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        if shift:
            actions.append({"type": "keyUp", "value": KEYS["Shift"]})
        self._command("/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def resize(self, width: int, height: int) -> None:
        """Set the size of the viewport, which may be narrower than a window can be."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def emulate(self, **features: str) -> None:
        """Set media features, such as ``prefers_color_scheme="dark"``."""
        listed = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self.devtools("Emulation.setEmulatedMedia", features=listed)

    def screenshot(self) -> bytes:
        """Return a PNG of the viewport."""
        return base64.b64decode(self._call("GET", self._session + "/screenshot"))

    def console(self) -> list[str]:
        """Return the warnings and errors of the console since the last call."""
        entries = self._command("/se/log", {"type": "browser"})
        return [e["message"] for e in entries if e["level"] in ("WARNING", "SEVERE")]

    def _stop(self) -> None:
        self._driver.terminate()
        self._driver.wait(timeout=10)
        if self._driver.stdout is not None:
            self._driver.stdout.close()
        self._profile.cleanup()

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self._call("DELETE", self._session)
        finally:
            self._stop()
