"""What programs show to speak for a forum: made, shown, counted, put in the place of older ones, revoked."""
