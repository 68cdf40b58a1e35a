"""The addresses at which programs are told of a forum: whom, signed how, and sent by the one way out."""
