#!/bin/sh
# Makes the environment FOLDER from LOCK..., with hashes, and puts the product into it.
# Says in one line what is missing and stops; asks the internet only for what is not installed yet.
set -eu

folder=$1
shift

usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
complete() { "$1" -c 'import venv, ensurepip' >/dev/null 2>&1; }

find_python() {
    short=""
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        usable "$name" || continue
        if complete "$name"; then
            echo "$name"
            return
        fi
        short=${short:-$name}
    done
    if [ -n "$short" ]; then
        package=$("$short" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        echo "$short cannot make an environment (venv or pip is missing): install the Debian package $package" >&2
    else
        echo "Python 3.11 or newer is needed: install the Debian packages python3 and python3-venv, or set PYTHON=" >&2
    fi
    return 1
}

if [ ! -x "$folder/bin/pip" ]; then
    python=$(find_python) || exit 2
    echo "making $folder with $("$python" --version)"
    "$python" -m venv --clear "$folder"
fi

for lock in "$@"; do
    echo "installing $lock"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$lock"
done
"$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
