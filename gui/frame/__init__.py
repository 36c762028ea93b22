"""The parts of the window that every workspace shares."""
