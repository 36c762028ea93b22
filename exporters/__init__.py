"""Taking models and paintings away: ONNX graphs, their parity, pictures."""
