"""What the Train workspace is made of: data, family, options, curves, live pictures, the list of runs."""
