"""Where they speak: forums, their domains, roles and keys."""
