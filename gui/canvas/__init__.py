"""The canvas: the picture, what lies over it, and the tools that paint on it."""
