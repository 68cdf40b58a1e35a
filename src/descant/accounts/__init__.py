"""Who speaks: accounts, their sign-in, and the tokens that a frame is given."""
