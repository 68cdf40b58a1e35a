"""Numbers that many add to: in the transaction, spread over slots, kept aside for a few seconds, or of this hour."""
