"""The commands of those who run a site, one small module each; `descant.site.command` lists them.

A module has ``NAME`` and ``HELP``, says in ``add_arguments(parser)`` what it takes (verbs are sub-parsers), and does
it in ``run(options)``, which returns the exit code.
"""


class CommandFailed(Exception):
    """A command cannot do what it was asked; the message is one line for the person who asked."""
