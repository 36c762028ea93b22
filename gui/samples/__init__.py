"""Parts of the Samples workspace."""
