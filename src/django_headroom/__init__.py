"""Headroom for a Django site whose one database no longer bears it. Each module stands alone; import what you use."""
