"""The only threads of the window. They import no widgets; data crosses as frozen values."""
