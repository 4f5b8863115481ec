"""The pages' assets: built without Node, found by plain names, small; no template holds what the policy forbids."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import decision_engine
from decision_engine.web import assets
from tests.web.bare import bare_app

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
TEMPLATES = sorted(Path(decision_engine.__file__).parent.glob("**/templates/**/*.html"))
KIB = 1024


def packed(*names: str) -> int:
    """Return how many bytes these assets are on the wire."""
    return sum(len(gzip.compress(assets.file_of(name).read_bytes(), 9)) for name in names)


# -- what was built ------------------------------------------------------------------------------------------


def test_installing_built_the_assets():
    """Criterion 31: the manifest is there after `pip install`, and names what is there."""
    assert {"app.js", "app.css", "diagram.js", "diagram.css", "charts.js", "apidocs.js", "icons.svg"} <= set(
        assets.manifest()
    )
    for name in assets.manifest():
        assert assets.file_of(name).stat().st_size > 0
    licences = (assets.DIST / "LICENSES.txt").read_text(encoding="utf-8")
    for package in ("bpmn-js", "htmx.org", "echarts", "swagger-ui-dist", "@tabler/icons"):
        assert f"\n{package} " in f"\n{licences}"
    assert "bpmn.io" in licences  # whose watermark must not be removed


def test_what_was_built_is_what_the_sources_say():
    """An old bundle is noticed: the fingerprint kept with it is that of the sources."""
    kept = assets.DIST / hook().MADE_OF
    assert kept.exists(), "the assets were built by hand: run `make assets`"
    assert kept.read_text(encoding="ascii") == hook().fingerprint(FRONTEND), (
        "sources changed: run `make assets`"
    )


def test_pages_stay_small():
    """Criterion 8: 120 KB for a page with a diagram's case list, 350 KB for statistics, the style sheet within 8 KB."""
    page = packed("app.js", "app.css", "icons.svg")
    assert packed("app.css") <= 8 * KIB
    assert page <= 40 * KIB
    assert page + packed("diagram.js", "diagram.css") <= 120 * KIB
    assert page + packed("charts.js") <= 350 * KIB


def test_an_asset_is_kept_for_a_year_under_a_name_of_its_content():
    with bare_app().test_client() as client:
        style = re.search(r'href="(/static/app-[0-9A-Z]{8}\.css)"', client.get("/styleguide").text)
        assert style is not None
        answer = client.get(style[1])
        answer.close()
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "name", ["nothing.css", "../assets.py", "..%2fassets.py", "%2e%2e/assets.py", "/etc/passwd", ""]
)
def test_nothing_else_is_handed_out(name):
    with bare_app().test_client() as client:
        assert client.get(f"/static/{name}").status_code in (404, 308)


def test_what_is_not_built_is_said_with_what_to_do(monkeypatch, tmp_path):
    with pytest.raises(assets.NotBuilt, match=r"no asset 'none.css'"):
        assets.file_of("none.css")
    monkeypatch.setattr(assets, "DIST", tmp_path)
    assets.manifest.cache_clear()
    try:
        with pytest.raises(assets.NotBuilt, match=r"pip install -e \."):
            bare_app()
    finally:
        assets.manifest.cache_clear()


# -- how it is built -----------------------------------------------------------------------------------------


def test_the_lock_file_names_no_download_address():
    """Criterion 32; whoever adds a package elsewhere gets the same from frontend/.npmrc."""
    text = (FRONTEND / "package-lock.json").read_text(encoding="utf-8")
    assert addresses(text) == []
    assert "omit-lockfile-registry-resolved=true" in (FRONTEND / ".npmrc").read_text(encoding="ascii")
    told = '"node_modules/x": {"resolved": "https://elsewhere.example/x.tgz", "funding": {"url": "https://a.example"}}'
    assert addresses("{" + told + "}") == ["https://elsewhere.example/x.tgz"]


def addresses(lock: str) -> list[str]:
    """Return the addresses in a lock file from which something would be fetched."""
    found: list[str] = []

    def walk(value: object, key: str) -> None:
        if isinstance(value, dict):
            for inner, one in value.items():
                if inner != "funding":
                    walk(one, inner)
        elif isinstance(value, list):
            for one in value:
                walk(one, key)
        elif isinstance(value, str) and (key == "resolved" or "://" in value):
            found.append(value)

    walk(json.loads(lock), "")
    return found


def test_every_package_is_pinned_and_checked():
    wanted = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values()), wanted
    locked = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for path, entry in locked.items():
        if path:
            assert entry["integrity"].startswith("sha512-"), path
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def hook() -> ModuleType:
    """Return hatch_build.py, without hatch."""
    stub = ModuleType("hatchling.builders.hooks.plugin.interface")
    stub.BuildHookInterface = type(
        "BuildHookInterface", (), {"__class_getitem__": classmethod(lambda cls, _: cls)}
    )
    names = ["hatchling", "hatchling.builders", "hatchling.builders.hooks", "hatchling.builders.hooks.plugin"]
    before = {name: sys.modules.get(name) for name in [*names, stub.__name__]}
    sys.modules.update({name: ModuleType(name) for name in names} | {stub.__name__: stub})
    try:
        spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        for name, kept in before.items():
            if kept is None:
                del sys.modules[name]
            else:
                sys.modules[name] = kept
    return module


@pytest.fixture
def house_of_sources(tmp_path: Path) -> Callable[[], list[str]]:
    """A small project with a Node that only notes what it was asked; call it to build, get what was asked."""
    frontend = tmp_path / "frontend"
    (frontend / "src").mkdir(parents=True)
    (frontend / "package.json").write_text("{}")
    (frontend / "src" / "app.js").write_text("1")
    asked = tmp_path / "asked"
    node = tmp_path / "node"
    node.write_text(
        f'#!/bin/sh\necho "$(basename "$PWD") $@" >> {asked}\nmkdir -p {tmp_path}/decision_engine/web/static/dist\n'
        f'test ! -e {tmp_path}/broken || {{ echo "no such package" >&2; exit 1; }}\n'
    )
    node.chmod(0o755)
    module = hook()
    module._node = lambda: (node, Path("npm-cli.js"))

    def build() -> list[str]:
        asked.write_text("")
        builder = module.Assets()
        builder.root = str(tmp_path)
        builder.initialize("standard", {})
        return asked.read_text().splitlines()

    return build


def test_the_hook_builds_once_and_again_after_a_change(house_of_sources, tmp_path):
    whole = [
        "frontend npm-cli.js ci --ignore-scripts --no-audit --no-fund --loglevel=error",
        "frontend build.mjs",
    ]
    assert house_of_sources() == whole
    assert house_of_sources() == []
    (tmp_path / "frontend/src/app.js").write_text("2")
    assert house_of_sources() == whole
    assert house_of_sources() == []


def test_a_wheel_from_an_sdist_and_who_asks_not_to_build_nothing(house_of_sources, tmp_path, monkeypatch):
    monkeypatch.setenv("DECISION_ENGINE_NO_ASSETS", "1")
    assert house_of_sources() == []
    monkeypatch.delenv("DECISION_ENGINE_NO_ASSETS")
    shutil.rmtree(tmp_path / "frontend")
    assert house_of_sources() == []


def test_a_build_that_fails_says_why_and_is_tried_again(house_of_sources, tmp_path):
    (tmp_path / "broken").touch()
    with pytest.raises(RuntimeError, match="no such package"):
        house_of_sources()
    (tmp_path / "broken").unlink()
    assert len(house_of_sources()) == 2


@pytest.mark.campaign
@pytest.mark.skipif(
    not os.environ.get("DECISION_ENGINE_CAMPAIGN"), reason="needs the registries; `make faults`"
)
def test_installing_needs_no_node_and_an_sdist_needs_no_registry_for_the_assets(tmp_path):
    """Criterion 31, the whole of it: no node on the path, a clean environment, sdist -> wheel with the assets in it."""
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "--quiet", ROOT, source], check=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "env", "git", "uname"):
        (tools / tool).symlink_to(shutil.which(tool))
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    env = os.environ | {"PATH": f"{tmp_path}/venv/bin:{tools}", "npm_config_cache": str(tmp_path / "npm")}
    assert shutil.which("node", path=env["PATH"]) is None
    subprocess.run(
        [tmp_path / "venv/bin/pip", "install", "--quiet", "--no-deps", "."], cwd=source, env=env, check=True
    )
    installed = next((tmp_path / "venv/lib").glob("python*/site-packages/decision_engine/web/static/dist"))
    assert (installed / "manifest.json").is_file()


# -- templates -----------------------------------------------------------------------------------------------

FORBIDDEN = {
    "a style attribute": r"\sstyle\s*=|['\"]style['\"]\s*:",
    "an event handler": r"\son[a-z]+\s*=|['\"]on[a-z]+['\"]\s*:",
    "htmx that needs eval": r"\bhx-on|\bjs:|hx-trigger=\"[^\"]*\[",
    "an inline script": r"<script(?![^>]*(\ssrc=|type=\"application/json\"))",
    "an inline style sheet": r"<style",
    "an address of another host": r"(src|href|action|poster)\s*=\s*[\"']?(https?:)?//",
}


def forbidden(text: str) -> list[str]:
    """Return what a template must not hold, by name."""
    shown = re.sub(
        r"{%.*?%}", "", text, flags=re.DOTALL
    )  # in statements, what looks like an attribute is a name
    keys = " ".join(re.findall(r"['\"]\w+['\"]\s*:", text))  # of mappings that become attributes
    return [name for name, pattern in FORBIDDEN.items() if re.search(pattern, f"{shown} {keys}")]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_what_the_policy_forbids(template):
    """Criterion 33."""
    assert forbidden(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<p style="color:red">', "a style attribute"),
        ("<button onclick='go()'>", "an event handler"),
        ("{{ ui.button('x', more={'onclick': 'go()'}) }}", "an event handler"),
        ("{{ ui.button('x', more={'style': 'color:red'}) }}", "a style attribute"),
        ('<a hx-on:click="x">', "htmx that needs eval"),
        ("<a hx-vals='js:{x: 1}'>", "htmx that needs eval"),
        ('<a hx-trigger="click[ctrlKey]">', "htmx that needs eval"),
        ("<script>x()</script>", "an inline script"),
        ('<script type="module">x()</script>', "an inline script"),
        ("<style>p{}</style>", "an inline style sheet"),
        ('<script src="https://cdn.example/x.js">', "an address of another host"),
        ("<img src=//cdn.example/x.png>", "an address of another host"),
    ],
)
def test_what_the_policy_forbids_would_be_found(text, found):
    assert found in forbidden(text)


def test_what_the_policy_allows_is_let_through():
    text = '<script type="application/json">{}</script><script type="module" src="{{ asset(\'app.js\') }}"></script>'
    assert forbidden(text) == []


NAMES_ICON = (
    r"\bicon\('([a-z0-9-]+)'",
    r"\bicon_name='([a-z0-9-]+)'",
    r"ui\.card\((?:_\([^)]*\)|'[^']*'), '([a-z0-9-]+)'",
    r"ui\.button\((?:_\([^)]*\)|'[^']*'), '[a-z]*', '([a-z0-9-]+)'",
)


def test_every_icon_a_template_names_is_in_the_sheet():
    icons = set(json.loads((FRONTEND / "icons.json").read_text(encoding="ascii")))
    sheet = assets.file_of("icons.svg").read_text(encoding="utf-8")
    assert all(f'<symbol id="{name}"' in sheet for name in icons)
    named = {
        name
        for template in TEMPLATES
        for pattern in NAMES_ICON
        for name in re.findall(pattern, template.read_text(encoding="utf-8"))
    }
    assert len(named) > 15
    assert named <= icons
