"""The servers that come along as packages."""

from __future__ import annotations

import os
import subprocess
import sys


def test_loading_the_embedded_server_says_nothing_on_a_machine_without_a_desktop() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    loaded = subprocess.run(
        [sys.executable, "-c", "import backend.embedded.postgres"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stderr == ""
