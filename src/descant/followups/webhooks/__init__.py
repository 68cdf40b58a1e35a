"""Programs are told of comments: a delivery for each event and target, tried for a day, sent again by owners."""
