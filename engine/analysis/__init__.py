"""What a model does with a data set: reconstruction, codebook use."""
