"""Built-in models, data, icons, font and gallery, each with its licence and provenance."""
