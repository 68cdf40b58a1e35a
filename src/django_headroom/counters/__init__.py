"""Numbers that many add to: in the transaction, spread over slots, or kept aside for a few seconds."""
