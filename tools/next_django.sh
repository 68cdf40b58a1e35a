#!/bin/sh
# Runs the toolkit's tests on the Django after ours, which wants a newer Python than we do; says so where there is none.
set -eu

new_enough='import sys; sys.exit(sys.version_info < (3, 12))'

find_python() {
    for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python3; do
        if "$python" -c "$new_enough" 2>/dev/null && "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
}

python=$(find_python)
if [ -z "$python" ]; then
    echo "Skipped: Django 6 needs Python 3.12 or newer, and none was found. To name one:  make next PYTHON=/path/to/python3"
    exit 0
fi
if ! .venv/next/bin/python -c "$new_enough" 2>/dev/null; then
    "$python" -m venv --clear .venv/next
fi
# At our versions, but for Django; and the source as it lies here, for the distribution asks for our Django.
grep -v -i '^django==' constraints.txt >.venv/next/constraints.txt
.venv/next/bin/python -m pip install --quiet --quiet --disable-pip-version-check \
    --constraint .venv/next/constraints.txt \
    'Django>=6,<7' 'psycopg[binary,pool]' hypothesis Jinja2 pytest pytest-django pytest-xdist tqdm
.venv/next/bin/python -c 'import django, sys; print("Django", django.__version__, "on Python", sys.version.split()[0])'
PYTHONPATH=src exec .venv/next/bin/python tools/run_tests.py "${1:-tests/headroom}"
