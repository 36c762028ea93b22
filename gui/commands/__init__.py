"""What the menus do with files, models, exports and the system's clipboard."""
