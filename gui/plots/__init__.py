"""Plots in one style. pyqtgraph is imported by `curve_plot` only, off the GUI thread and late."""
