"""The models: one model is one file is one paper."""
