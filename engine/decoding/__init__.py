"""Codes to pictures, whole or in windows."""
