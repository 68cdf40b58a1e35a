#!/bin/sh
# Makes .venv with a Python of at least 3.11 and installs into it, at the pinned versions, what $1 names.
set -eu

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for python in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$python" -c "$new_enough" 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    echo "Descant needs Python 3.11 or newer; none was found. On Debian 12 or newer:" >&2
    echo "    apt-get install python3 python3-venv" >&2
    echo "or name one that lies elsewhere:  make run PYTHON=/path/to/python3" >&2
    exit 2
}

if ! .venv/bin/python -c "$new_enough" 2>/dev/null || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    if ! "$python" -m venv --clear .venv; then
        echo "$python cannot make a virtual environment. On Debian:  apt-get install python3-venv" >&2
        rm -rf .venv
        exit 2
    fi
fi
echo "Installing $1 into .venv (only when pyproject.toml or constraints.txt has changed)."
PIP_CONSTRAINT=constraints.txt .venv/bin/python -m pip install \
    --quiet --quiet --disable-pip-version-check --editable "$1"
