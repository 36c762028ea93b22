import pytest

from gui.state.brush import BrushState


@pytest.fixture
def brush() -> BrushState:
    return BrushState()


@pytest.fixture
def heard(brush) -> list[str]:
    names: list[str] = []
    brush.changed.connect(names.append)
    return names


def test_setting_another_value_emits_its_name_once(brush, heard):
    brush.primary = 7
    brush.tool = "fill"
    assert heard == ["primary", "tool"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tool", "brush"),
        ("primary", 0),
        ("size", 1),
        ("shape", "round"),
        ("recent", ()),
        ("hovered_code", None),
    ],
)
def test_setting_an_equal_value_emits_nothing(brush, heard, name, value):
    setattr(brush, name, value)
    assert heard == []


def test_two_brushes_keep_their_own_values(brush):
    brush.primary = 5
    assert BrushState().primary == 0


@pytest.mark.parametrize(("asked", "kept"), [(0, 1), (1, 1), (32, 32), (99, 32)])
def test_size_stays_within_1_and_32(brush, asked, kept):
    brush.size = asked
    assert brush.size == kept


def test_growing_beyond_the_limit_emits_nothing(brush, heard):
    brush.grow(-1)
    assert heard == []


def test_unknown_tools_and_shapes_are_refused(brush):
    with pytest.raises(ValueError, match="choose one of"):
        brush.tool = "spray"
    with pytest.raises(ValueError, match="round or square"):
        brush.shape = "star"


def test_swap_exchanges_the_codes(brush):
    brush.primary, brush.secondary = 3, 9
    brush.swap()
    assert (brush.primary, brush.secondary) == (9, 3)


def test_recent_keeps_the_last_eight_newest_first_without_repeats(brush):
    for code in [1, 2, 3, 1, 4, 5, 6, 7, 8, 9]:
        brush.remember(code)
    assert brush.recent == (9, 8, 7, 6, 5, 4, 1, 3)


def test_fewer_codes_clamp_what_is_in_the_hand(brush, heard):
    brush.primary, brush.secondary = 400, 3
    brush.remember(400)
    brush.remember(3)
    heard.clear()
    brush.set_code_count(16)
    assert (brush.primary, brush.secondary, brush.recent) == (15, 3, (3,))
    assert heard == ["primary", "recent"]


def test_codes_outside_the_book_are_clamped(brush):
    brush.set_code_count(16)
    brush.primary = 16
    assert brush.primary == 15


def test_each_level_has_its_own_codes_in_hand(brush):
    brush.take_level(0, 12)
    brush.primary, brush.secondary = 7, 2
    brush.remember(7)
    brush.take_level(1, 600)
    assert (brush.primary, brush.secondary, brush.recent, brush.code_count) == (0, 0, (), 600)
    brush.primary = 599
    brush.take_level(0, 12)
    assert (brush.primary, brush.secondary, brush.recent, brush.code_count) == (7, 2, (7,), 12)
    brush.take_level(1, 600)
    assert brush.primary == 599


def test_a_smaller_codebook_limits_the_codes_kept_for_a_level(brush):
    brush.take_level(1, 600)
    brush.primary = 599
    brush.take_level(0, 12)
    brush.take_level(1, 100)
    assert brush.primary == 99
