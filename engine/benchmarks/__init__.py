"""What is measured without a window."""
