"""`python -m descant` is the `descant` command."""

import sys

from descant.site.command import main

if __name__ == "__main__":
    sys.exit(main())
