"""How a report's page writes its numbers."""

from markupsafe import Markup


def percent(share: float) -> Markup:
    """Write a share, 0 to 1; what is not quite nothing, or not quite all, does not read so."""
    text = f"{100 * share:.0f}"
    if (text == "0" and share > 0) or (text == "100" and share < 1):
        text = "< 1" if share < 0.5 else "> 99"
    return Markup("{}&nbsp;%").format(text)


def duration(seconds: float) -> str:
    """Write a duration with its two largest units."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def degrees(angle: float) -> Markup:
    """Write an angle."""
    return Markup("{:.1f}°").format(angle)


def heat(share: float) -> int:
    """Return how strongly a cell with a share of flagged boxes, 0 to 1, is marked: 0 (not at all) to 4."""
    return sum(share > least for least in (0.01, 0.03, 0.1, 0.3))
