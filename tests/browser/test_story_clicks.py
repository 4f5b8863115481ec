"""Whole stories done by hand: people at browsers of their own, from the proposal to the auditor's verified bundle.

Every run plays the beginning of S1 with six officials and two citizens, to a bundle, and a vote in a room; `make
faults` plays S1 and S2 to their ends with their meetings held in the rooms, everybody at a browser of their own,
photographs every page and keeps the pictures in tests/browser/output/ (not committed).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from decision_engine import notary
from decision_engine.calendar import SHANGHAI
from decision_engine.clock import MovableClock
from decision_engine.commands.checkpoints import HouseLog
from decision_engine.commands.sequencing import sequence
from decision_engine.db import open_engine
from decision_engine.demo import load_town
from decision_engine.demo.door import Door
from decision_engine.demo.s1 import S1
from decision_engine.demo.s1.hearing import TEXTS
from decision_engine.demo.s2 import S2
from decision_engine.demo.stage import Stage
from decision_engine.demo.story import Story
from decision_engine.verifier import verify
from decision_engine.work import House
from tests.api.conftest import founded  # noqa: F401  the town, founded once a session
from tests.api.meeting_hall import Assembly, meeting_in_force
from tests.browser.clicking import Clicking, Stuck, clicked
from tests.browser.room_hand import RoomClicking
from tests.conftest import cheap_settings

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
OUTPUT = Path(__file__).parent / "output"

Begin = Callable[..., AbstractContextManager[RoomClicking]]


@pytest.fixture
def begin(browser: Browser, founded: Path, tmp_path: Path) -> Begin:  # noqa: F811
    """Open the house in which a story is about to begin, for people at browsers."""

    def open_(story: Story, album: Path | None = None) -> AbstractContextManager[RoomClicking]:
        shutil.copy(founded, tmp_path / "test.db")
        shutil.copytree(founded.parent / "keys", tmp_path / "keys")
        clock = MovableClock(datetime.fromisoformat(story.scenes[0].at).replace(tzinfo=SHANGHAI))
        house = House(cheap_settings(tmp_path), open_engine(f"sqlite:///{tmp_path}/test.db"), clock)
        return clicked(house, clock, load_town(house, deploy=False), browser, album, RoomClicking)

    return open_


def bundle_of(stage: Clicking, folder: Path) -> tuple[Path, Path]:
    """Let the notary sign, then the auditor take the bundle: menu, case, 审计, 下载证据包. Return it and the policy."""
    sequence(stage.house)
    settings = stage.house.settings
    with notary.opened(
        settings.notary_path, settings.log_origin, HouseLog(stage.house), stage.house.clock, make=True
    ) as signer:
        assert isinstance(signer.round(), notary.Signed)
    page = stage.case_page("auditor")
    stage.follow(page.get_by_role("navigation", name="案件内容").get_by_role("link", name="审计", exact=True))
    expect(page.locator("#main")).to_contain_text("日志链完整")
    stage.photograph(page, "auditor-audit")
    with page.expect_download() as download:
        stage.click(page.get_by_role("link", name="下载证据包"))
    bundle = folder / "bundle.zip"
    download.value.save_as(bundle)
    return bundle, settings.notary_path / "policy.txt"


def verdict(bundle: Path, policy: Path) -> subprocess.CompletedProcess[str]:
    """Check the bundle as an auditor does at home: a program of its own, with the policy from outside."""
    asked = [sys.executable, "-I", verify.__file__, str(bundle), "--policy", str(policy)]
    return subprocess.run(asked, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.campaign
def test_a_decision_begins_by_hand(begin: Begin, tmp_path: Path) -> None:
    """Proposal, study, start, draft, procedure, notice, two comments with receipts; a bundle that holds."""
    with begin(S1) as stage:
        S1.play(stage, until="commission_assessment")
        stage.move_to("2026-03-13 20:00")
        for text in TEXTS[:2]:
            stage.comment(text)
        assert len(set(stage.receipts)) == 2
        bundle, policy = bundle_of(stage, tmp_path)
        told = verdict(bundle, policy)
        assert told.returncode == 0, told.stdout
        assert set(stage.figures.signed_in) == {
            "secretary",
            "officer",
            "mayor",
            "director",
            "head",
            "auditor",
        }
        damaged = tmp_path / "damaged.zip"
        damaged.write_bytes(bundle.read_bytes()[:-200])
        assert verdict(damaged, policy).returncode != 0


def test_the_hand_notices_what_it_cannot_do(begin: Begin) -> None:
    """A refusal on the page, a field the form has not, a way past the pages, a fault: each stops the story."""
    with begin(S1) as stage:
        S1.play(stage, until="study_proposal")
        with pytest.raises(Stuck, match="is not on the form"):
            stage.complete("officer", "study_proposal", {"no_such_field": "x"})
        with pytest.raises(Stuck, match="请核对后办结"):
            stage.complete("officer", "study_proposal", {"study_report": "只填一项。"})
        with pytest.raises(Stuck, match="past the pages"):
            Stage.say(stage, None, f"/cases/{stage.case_id}/comments", {"text": "绕过页面"})
        with pytest.raises(LookupError):
            stage.complete("mayor", "publish_notice", {})
        assert any("422" in one for one in stage.all_faults())
        stage.forgive()


def test_the_hand_votes_in_the_room_after_proving_who_is_there(begin: Begin) -> None:
    """The vote is refused, the window the page offers answers, the vote is sent again; a way around it there is not."""
    with begin(S1) as stage:
        quick = Stage(stage.house, stage._clock, stage.town, Door("127.0.0.1", stage.port), lambda _: None)
        meeting_in_force(quick)
        meeting = Assembly(quick)
        meeting.call("2026-03-09 09:00", {"title": "道路维修经费", "category": "LARGE_FUNDS"})
        quick.move_to("2026-03-09 09:00")
        meeting.opens(*meeting.members)
        meeting.report()
        meeting.discuss(*reversed(meeting.members))
        path = meeting.at(f"/votes/{meeting.do('recorder', 'open_vote', item=0)['votes'][0]['id']}/ballots")
        stage.at("deputy1")
        stage.later(11 * 60)
        stage.say("deputy1", path, {"choice": "NO"})
        assert meeting.item()["votes"][0]["voted"] == [stage.person("deputy1")]
        assert stage.all_faults() == []
        assert stage.figures.filled == 2 + 1 + 1 + 1, (
            "name and password, the vote, the password, the vote again"
        )
        with pytest.raises(Stuck, match="no cast on"):
            stage.say("deputy1", path, {"choice": "YES"})
        with pytest.raises(Stuck, match="there is no hand for"):
            stage.say("deputy1", meeting.at("/nonsense"), {})
        quick._door.close()


@pytest.mark.campaign
@pytest.mark.skipif(not CAMPAIGN, reason="a whole story by hand takes five minutes: `make faults`")
@pytest.mark.parametrize("story", [S1, S2], ids=lambda story: story.name)
def test_a_story_is_done_by_hand(story: Story, begin: Begin, tmp_path: Path) -> None:
    """Every scene by clicks; every promise kept; the auditor's bundle verified; a citizen reads what became of it."""
    album = OUTPUT / story.name.lower()
    with begin(story, album) as stage:
        story.play(stage)
        broken = [check for check in story.expect(stage) if not check.holds]
        assert broken == []
        receipt_answered(stage)
        bundle, policy = bundle_of(stage, album)
        told = verdict(bundle, policy)
        assert told.returncode == 0, told.stdout
        assert len(stage.figures.signed_in) >= 7
        (album / "figures.txt").write_text(f"{stage.figures}\n\n{told.stdout}")


def receipt_answered(stage: Clicking) -> None:
    """A citizen comes back with a receipt and reads what became of the opinion."""
    page = stage.public_page("/public")
    page.get_by_label("回执编号").fill(stage.receipts[0])
    stage.follow(page.get_by_role("button", name="查询"))
    expect(page.locator("#handling .tag").first).to_be_visible()
    stage.photograph(page, "public-answer")
