"""What is said of letters."""

from django_headroom.delayed.signals import DelayedSignal

# A guest waits for the first; of all others some are for tomorrow, and each waits for a mail server that may hang.
question_due = DelayedSignal("question_due", schema=1, tenant="forum_id")
letter_due = DelayedSignal("letter_due", schema=1, tenant="forum_id")
