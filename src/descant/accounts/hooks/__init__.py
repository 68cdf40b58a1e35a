"""What allauth asks us: how names, mails and passwords are treated, and what its forms ask beyond their own fields."""
