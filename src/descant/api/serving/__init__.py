"""How a declared endpoint is served: so often an hour, once, to programs, to pages of other sites, as a script."""
