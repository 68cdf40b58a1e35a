#!/bin/sh
# Sees to what the tests need from the system: PostgreSQL's server, PgBouncer, memcached, HAProxy, Varnish, nginx, Caddy,
# pgBadger, Chromium, gettext, a C compiler, and PHP, Ruby and Node for the recipes in the docs; told "bench", also to what the benchmarks need: load generators, and Node for one of the peers.
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
command -v haproxy >/dev/null || [ -x /usr/sbin/haproxy ] || missing="$missing haproxy"
command -v varnishd >/dev/null || [ -x /usr/sbin/varnishd ] || missing="$missing varnish"
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v caddy >/dev/null || missing="$missing caddy"
ls /usr/lib/*/varnish/vmods/libvmod_xkey.so >/dev/null 2>&1 || missing="$missing varnish-modules"
command -v pgbadger >/dev/null || missing="$missing pgbadger"
command -v cc >/dev/null || missing="$missing gcc libc6-dev"
command -v php >/dev/null || missing="$missing php-cli"
command -v ruby >/dev/null || missing="$missing ruby"
command -v node >/dev/null || missing="$missing nodejs"
if [ "${1:-}" = bench ]; then
    command -v wrk >/dev/null || missing="$missing wrk"
    command -v npm >/dev/null || missing="$missing nodejs npm libnode-dev"
fi
[ -n "$missing" ] || exit 0

install="apt-get install --yes --no-install-recommends$missing"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "This needs these packages of Debian (elsewhere: what corresponds to them). As root:" >&2
    echo "    apt-get update && $install" >&2
    exit 2
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
$install >/dev/null
