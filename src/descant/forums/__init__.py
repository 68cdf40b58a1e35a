"""Where they speak: forums, their domains, roles, bans, rules, keys and webhooks."""
