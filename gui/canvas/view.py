"""Where the picture lies on the screen, and how large: pure arithmetic, no widget.

Screen positions are in the canvas widget's logical pixels; the picture's corner always lies on a
whole one, so that whole zooms stay crisp.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from engine.codes.box import Box

ZOOMS = (
    *(1 / 32, 1 / 24, 1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3),
    *(1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0, 24.0, 32.0, 40.0, 48.0, 64.0),
)
"""What the wheel and the keys step through: screen pixels per picture pixel."""
IN_SIGHT = 48
"""Screen pixels of the picture that panning always leaves visible."""

Size = tuple[int, int]
"""Height and width."""


@dataclass(frozen=True, slots=True)
class View:
    """The picture's top left corner on the screen, and screen pixels per picture pixel."""

    zoom: float = 1.0
    left: int = 0
    top: int = 0

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """The picture position (x, y) in pixels below a screen position."""
        return (x - self.left) / self.zoom, (y - self.top) / self.zoom

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        return self.left + x * self.zoom, self.top + y * self.zoom

    def screen_box(self, box: Box, margin: int = 0) -> Box:
        """The smallest box of screen pixels that holds the picture box `box`, grown by `margin`."""
        left, top = self.to_screen(box.left, box.top)
        right, bottom = self.to_screen(box.right, box.bottom)
        return Box(math.floor(top), math.floor(left), math.ceil(bottom), math.ceil(right)).grown(margin)

    def picture_box(self, screen: Box) -> Box:
        """The smallest box of picture pixels that holds the screen box `screen`; it may reach outside."""
        left, top = self.to_picture(screen.left, screen.top)
        right, bottom = self.to_picture(screen.right, screen.bottom)
        return Box(math.floor(top), math.floor(left), math.ceil(bottom), math.ceil(right))

    def zoomed(self, zoom: float, x: float, y: float) -> View:
        """With another zoom; what is below the screen position (x, y) stays there."""
        zoom = min(max(zoom, ZOOMS[0]), ZOOMS[-1])
        there_x, there_y = self.to_picture(x, y)
        return View(zoom, round(x - there_x * zoom), round(y - there_y * zoom))

    def panned(self, x: int, y: int) -> View:
        return View(self.zoom, self.left + x, self.top + y)

    def kept_in_sight(self, picture: Size, screen: Size) -> View:
        """Moved back so far that a strip of the picture stays on the screen."""
        return View(
            self.zoom,
            _kept(self.left, picture[1] * self.zoom, screen[1]),
            _kept(self.top, picture[0] * self.zoom, screen[0]),
        )


def centred(zoom: float, picture: Size, screen: Size) -> View:
    """The middle of the picture in the middle of the screen."""
    height, width = picture
    return View(zoom, round((screen[1] - width * zoom) / 2), round((screen[0] - height * zoom) / 2))


def fitted(picture: Size, screen: Size, margin: int = 16) -> View:
    """All of the picture, as large as the screen allows; from 1x on the next smaller step, to stay crisp."""
    height, width = max(1, screen[0] - 2 * margin), max(1, screen[1] - 2 * margin)
    zoom = min(max(min(height / picture[0], width / picture[1]), ZOOMS[0]), ZOOMS[-1])
    if zoom >= 1:
        zoom = ZOOMS[bisect_right(ZOOMS, zoom) - 1]
    return centred(zoom, picture, screen)


def stepped(zoom: float, steps: int) -> float:
    """The zoom `steps` further along `ZOOMS`; from between two steps the first goes to the next of them."""
    close = zoom * (1 + 1e-6) if steps > 0 else zoom * (1 - 1e-6)
    place = bisect_right(ZOOMS, close) - 1 if steps > 0 else bisect_left(ZOOMS, close)
    return ZOOMS[min(max(place + steps, 0), len(ZOOMS) - 1)]


def _kept(start: int, length: float, screen: int) -> int:
    strip = min(IN_SIGHT, length, screen)
    return round(min(max(start, strip - length), screen - strip))
