"""Which thread a page means: addresses, finding and making threads, counting for many pages."""
