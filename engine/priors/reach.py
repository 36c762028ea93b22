"""How far a prior looks: what lies beyond changes nothing at a cell."""

from __future__ import annotations

from engine.layers.convolution import Conv, ResidualStack, Span, Up
from engine.priors.hierarchical import Context, HierarchicalPrior
from engine.priors.pixelcnn import PriorConfig


def reach(config: PriorConfig) -> int:
    """Cells of its own level that a cell's distribution may depend on: above, to the left and the right."""
    return config.first_kernel // 2 + (config.layers - 1) * (config.kernel // 2)


def margin(prior: HierarchicalPrior) -> int:
    """Coarsest cells around a window that the distributions in it may depend on."""
    cells = reach(prior.config)
    spans = [Span(-cells, ratio - 1 + cells) for ratio in ratios(prior)]
    behind = [
        span if context is None else _behind(context, span)
        for context, span in zip(_contexts(prior), spans, strict=True)
    ]
    return max(span.margin for span in behind)


def ratios(prior: HierarchicalPrior) -> list[int]:
    """Cells of each level along one side of a coarsest cell."""
    doublings = [0 if context is None else _doublings(context) for context in _contexts(prior)]
    return [2**count for count in doublings]


def _contexts(prior: HierarchicalPrior) -> list[Context | None]:
    """What each level is told of coarser ones by. Grids that are there are looked at without a layout."""
    return [None, *(level.context for level in prior.levels[1:])]


def _doublings(context: Context) -> int:
    return sum(isinstance(layer, Up) for layer in context.modules())


def _behind(context: Context, span: Span) -> Span:
    """Coarsest cells behind the cells `span` of the level that is told of them."""
    for stage in reversed(context.stages):
        for layer in reversed(list(stage.children())):
            assert isinstance(layer, Conv | ResidualStack | Up)
            span = layer.reads(span)
    return span
