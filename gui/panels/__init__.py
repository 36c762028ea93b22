"""One panel = one file: what stands beside the canvas."""
