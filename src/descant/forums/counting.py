"""What is counted about forums: how often a public key was used, which programs do with each request."""

from django_headroom.counters.kinds import Buffered

key_uses = Buffered("forums.Key", "uses", gathered=True)
