"""The words of the pages in English: catalogues of gettext, read as they are written.

Pages speak Chinese; each Chinese sentence in `_()` is a message id. `translations/en/*.po` hold the English, one file
a subject; they are read at the start, so that nothing has to be compiled.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Babel, Domain, get_locale

CATALOGUES = Path(__file__).parent / "translations"


@cache
def english() -> Translations:
    """Return the English of every sentence."""
    whole = Translations()
    for path in sorted((CATALOGUES / "en").glob("*.po")):
        with path.open("rb") as written:
            catalogue = read_po(written, locale="en")
        made = io.BytesIO()
        write_mo(made, catalogue)
        made.seek(0)
        whole.merge(Translations(made))
    return whole


class _Words(Domain):  # type: ignore[misc]
    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return english() if locale is not None and locale.language == "en" else NullTranslations()


class Speech(Babel):  # type: ignore[misc]
    """Flask-Babel over the catalogues above."""

    @property
    def domain_instance(self) -> Domain:
        """Return where sentences are looked up."""
        return _Words()
