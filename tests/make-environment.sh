#!/bin/sh
# make-environment.sh PYTHON DIRECTORY: a private Python environment, or one clear sentence.
set -eu
python=$1
directory=$2

[ -x "$directory/bin/pip" ] && exit 0
if ! command -v "$python" > /dev/null 2>&1; then
    echo "feedsvc needs Python 3.11 or newer, and there is no $python here." >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "feedsvc needs Python 3.11 or newer; $python is $("$python" -V 2>&1 | cut -d' ' -f2)." \
        "Name another with: make PYTHON=python3.12 …" >&2
    exit 1
fi
if ! "$python" -c 'import venv, ensurepip' > /dev/null 2>&1; then
    echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
fi
rm -rf "$directory"
"$python" -m venv "$directory"
