"""How a declared endpoint is served: to programs, to pages of other sites, as a script."""
