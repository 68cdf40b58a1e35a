"""Features that are on for some: asked in the process, turned for every process of a site in a moment."""

from django_headroom.operations.switches.asking import is_on, switches
from django_headroom.operations.switches.declaring import DeclaredTwice, Guard, Switch, declare, declared
from django_headroom.operations.switches.guarding import felt
from django_headroom.operations.switches.holding import given, held
from django_headroom.operations.switches.judging import Actor
from django_headroom.operations.switches.rules import OFF, ON, BadRule, Rule

__all__ = [
    "OFF",
    "ON",
    "Actor",
    "BadRule",
    "DeclaredTwice",
    "Guard",
    "Rule",
    "Switch",
    "declare",
    "declared",
    "felt",
    "given",
    "held",
    "is_on",
    "switches",
]
