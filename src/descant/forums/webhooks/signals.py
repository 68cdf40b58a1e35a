"""What is said of targets; who listens stands above."""

from django_headroom.delayed.signals import DelayedSignal

target_unverified = DelayedSignal("target_unverified", schema=1, tenant="forum_id")
