"""How a worker works: woken, it claims what is due, holds it by lease, tells it and writes down who has heard."""
