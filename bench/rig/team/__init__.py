"""What the team's systems cost and how soon they act, a module for each."""
