"""What is measured through the real window."""
