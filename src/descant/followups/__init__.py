"""Everything that happens later: the receivers of delayed signals and what they write."""
