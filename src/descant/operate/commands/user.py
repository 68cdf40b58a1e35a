"""`descant user create NAME --email E`: makes an account; `password` changes it, `end` signs out everywhere."""

import argparse
import getpass
import sys

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from descant.accounts import ending
from descant.accounts.models import User
from descant.operate.commands import CommandFailed
from django_headroom.transactions import writing

NAME = "user"
HELP = "make an account, give it another password, sign it out everywhere"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="make an account; its address counts as confirmed")
    create.add_argument("name", help="what it signs in with, besides its e-mail address")
    create.add_argument("--email", required=True)
    create.add_argument("--shown-name", default="", help="what others read; by default the name")
    create.add_argument("--superuser", action="store_true", help="an operator of the whole site")
    password = verbs.add_parser("password", help="give an account another password")
    password.add_argument("name")
    for verb in (create, password):
        verb.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
    end = verbs.add_parser("end", help="sign an account out of every browser and frame")
    end.add_argument("name")


def run(options: argparse.Namespace) -> int:
    if options.verb == "create":
        _create(options)
        print(f"The account {options.name} is made.")
    elif options.verb == "password":
        user = _user(options.name)
        ending.set_password(user=user, password=_password(options, user))
        print(f"The password of {options.name} is changed.")
    else:
        ending.end_everywhere(user=_user(options.name))
        print(f"{options.name} is signed out everywhere.")
    return 0


def _create(options: argparse.Namespace) -> None:
    user = User(username=options.name, email=options.email, name=options.shown_name or options.name)
    user.is_staff = user.is_superuser = options.superuser
    user.set_unusable_password()
    try:
        user.full_clean()
    except ValidationError as refused:
        raise CommandFailed(_told(refused)) from None
    if EmailAddress.objects.filter(email__iexact=options.email).exists():
        raise CommandFailed(f"an account with the address {options.email} exists already")
    user.set_password(_password(options, user))
    with writing("default"):
        user.save(force_insert=True)
        EmailAddress.objects.create(user=user, email=options.email.lower(), primary=True, verified=True)


def _password(options: argparse.Namespace, user: User) -> str:
    if options.password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Once more: "):
            raise CommandFailed("the two passwords are not the same")
    try:
        validate_password(password, user)
    except ValidationError as refused:
        raise CommandFailed(_told(refused)) from None
    return password


def _user(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandFailed(f"there is no account {name!r}")
    return user


def _told(refused: ValidationError) -> str:
    if hasattr(refused, "error_dict"):
        return "; ".join(f"{field}: {' '.join(said)}" for field, said in refused.message_dict.items())
    return " ".join(refused.messages)
