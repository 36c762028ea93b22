import pytest

from engine.errors import CodesFault
from gui.benchmarks.paint import measure_paint
from tests.fakes import TinyDecoder


@pytest.mark.usefixtures("qapp")
def test_there_is_a_row_for_every_canvas_and_brush():
    told = []
    rows = measure_paint(TinyDecoder(), (32, 64), (1, 4), moves=12, progress=told.append)
    assert [(row.canvas_px, row.brush_cells) for row in rows] == [(32, 1), (32, 4), (64, 1), (64, 4)]
    for row in rows:
        assert 0 < row.p50_ms <= row.p95_ms < 5000
        assert row.full_decode_ms > 0
    assert told == ["canvas of 32 px", "canvas of 64 px"]


@pytest.mark.usefixtures("qapp")
def test_a_decoder_that_fails_ends_the_measurement():
    class Faulty(TinyDecoder):
        def decode(self, codes):
            raise CodesFault("no")

    with pytest.raises(CodesFault, match="no"):
        measure_paint(Faulty(), (32,), (1,), moves=12)
