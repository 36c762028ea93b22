"""What the palette says: in tool tips and to screen readers."""

from __future__ import annotations

from engine.analysis.looks import CodeLooks


def fold_tip(unfolded: bool) -> str:
    return f"{'Fold' if unfolded else 'Show'} the codes that look almost white"


def swatch_tip(looks: CodeLooks, code: int) -> str:
    """Only what the card beside the palette does not show at a glance."""
    if looks.is_unused(code):
        return f"Code {code} is unused: no cell of the training pictures chose it"
    return ""


def spoken(looks: CodeLooks | None, code: int | None, primary: int, secondary: int) -> str:
    """The palette's name for screen readers: the code the arrow keys are at, or what there is at all."""
    if looks is None:
        return "Codes, none yet"
    if code is None:
        return f"Codes, {len(looks)} swatches, code {primary} in hand"
    hands = [name for name, held in (("primary", primary), ("secondary", secondary)) if held == code]
    facts = looks.facts(code)
    kind = [facts.kind.lower()] if facts.share is not None else []
    return ", ".join([f"Code {code}", *kind, *hands])
