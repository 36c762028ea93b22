"""Priors over grids of codes: what a codebook needs to become pictures by itself."""
