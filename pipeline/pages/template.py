"""From templates to one HTML page that holds everything: pictures, style and script.

Names and texts in a page are of unknown origin. The templates escape all of them, what is not printable becomes an
escape, and the page's own policy lets nothing run or load but the style and the script that are the package's own.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.pages.words import address, edges, many, picture, printable
from tpsence import __version__

MOST_BYTES = 5_000_000
"""Size of a page, so that it opens at once on a telephone, and goes through a mail server."""
COLOURS = 8
"""Colours for classes in ``shared.css``; further classes begin again with the first."""
_SHARED = "pipeline.pages"


def environment(package: str) -> Environment:
    """Return an environment for the templates in a package's folder ``page``, and for those that all pages share.

    Args:
        package: ``pipeline.report``, for example.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package, "page"), PackageLoader(_SHARED, "shared")]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"picture": picture, "number": "{:,}".format, "address": address, "edges": edges}
    made.globals |= {"many": many, "line_end": Markup("\n"), "version": __version__, **_own(package)}
    return made


def policy(style: str, script: str) -> str:
    """Return a Content-Security-Policy that allows this style, this script and the pictures within the page."""

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src {source(style)}",
            f"script-src {source(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _own(package: str) -> dict[str, object]:
    """Return the style and the script of a page, what all pages share before its own, and the policy for them."""
    style, script = (
        _asset(_SHARED, f"shared/shared.{kind}") + _asset(package, f"page/page.{kind}") for kind in ("css", "js")
    )
    return {
        "style": Markup(style),  # noqa: S704 (the packages' own files)
        "script": Markup(script),  # noqa: S704 (the packages' own files)
        "policy": policy(style, script),
    }


@cache
def _asset(package: str, name: str) -> str:
    """Read a file of a package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")
