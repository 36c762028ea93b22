"""Painting with codes: grids, strokes, selections, history and the file. NumPy and Pillow only."""
