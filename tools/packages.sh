#!/bin/sh
# Sees to what the tests need from the system: PostgreSQL's server, PgBouncer, memcached, Chromium, gettext.
set -eu

missing=
for bin in /usr/lib/postgresql/*/bin/initdb "$(command -v initdb || true)"; do
    [ -x "$bin" ] && initdb=$bin
done
[ -n "${initdb:-}" ] || missing="$missing postgresql"
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || missing="$missing pgbouncer"
command -v memcached >/dev/null || missing="$missing memcached"
command -v chromium >/dev/null || missing="$missing chromium fonts-liberation"
command -v msgfmt >/dev/null || missing="$missing gettext"
[ -n "$missing" ] || exit 0

install="apt-get install --yes --no-install-recommends$missing"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need these packages of Debian (elsewhere: what corresponds to them). As root:" >&2
    echo "    apt-get update && $install" >&2
    exit 2
fi
echo "Installing for the tests:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
$install >/dev/null
