"""Pictures that a model makes up, and what they are drawn from."""
