"""The pages of errors: which there are, and one of them as Django's debugger would show it."""
