"""What is said of letters."""

from django_headroom.delayed.signals import DelayedSignal

letter_due = DelayedSignal("letter_due", schema=1, tenant="forum_id")
