"""Observable state: signals around engine objects; widgets bind to it and hold none of their own."""
