"""One tool per file: what a press, a drag and a release of it do."""
