"""What is said of deliveries."""

from django_headroom.delayed.signals import DelayedSignal

delivery_due = DelayedSignal("delivery_due", schema=1, tenant="forum_id")
