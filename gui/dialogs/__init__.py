"""Dialogs: each opens without stopping the program and calls back with what was chosen."""
