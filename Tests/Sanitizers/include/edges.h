// Nothing is called by name: see edges.c.
