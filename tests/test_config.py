"""Settings come from the environment, once, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from decision_engine.config import Settings, read_settings


def test_an_empty_environment_gives_the_defaults():
    """`make run` needs no configuration."""
    assert read_settings({}) == Settings()
    assert Settings().documents_dir == Path("var/documents")


def test_what_is_named_is_read_in_its_kind():
    """Numbers, paths and truths are read as such."""
    read = read_settings(
        {
            "DECISION_ENGINE_PORT": "9001",
            "DECISION_ENGINE_DATA_DIR": "elsewhere",
            "DECISION_ENGINE_EMBEDDED_WORKER": "no",
            "DECISION_ENGINE_JOB_POLL_SECONDS": "0.5",
            "PORT": "1",
        }
    )
    assert (read.port, read.data_dir, read.embedded_worker, read.job_poll_seconds) == (
        9001,
        Path("elsewhere"),
        False,
        0.5,
    )


@pytest.mark.parametrize(("name", "value"), [("PORT", "eighty"), ("EMBEDDED_WORKER", "perhaps")])
def test_a_wrong_value_is_named(name: str, value: str):
    """Whoever set it learns which variable to mend."""
    with pytest.raises(ValueError, match=f"DECISION_ENGINE_{name}"):
        read_settings({f"DECISION_ENGINE_{name}": value})


def test_the_secret_key_is_in_no_print():
    """A settings value may be logged."""
    assert "hush" not in repr(Settings(secret_key="hush"))
