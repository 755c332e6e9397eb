#!/bin/sh
# What the real tests need beside Python: a PostgreSQL server, a Chromium, Java 17 with Maven for a HAPI server,
# Node with npm for Medplum's router and a token server, and strace to see what reaches the disk.
# Root on Debian installs what is missing; elsewhere one line per missing part, and pytest reports those tests as not
# run (with CI=true that is a failure).
set -eu

have_postgresql() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
have_chromium() { command -v chromium >/dev/null 2>&1; }
have_java() { command -v javac >/dev/null 2>&1; }
have_node() { command -v node >/dev/null 2>&1; }
have_npm() { command -v npm >/dev/null 2>&1; }
have_strace() { command -v strace >/dev/null 2>&1; }
have_maven() { command -v mvn >/dev/null 2>&1; }

missing=""
have_postgresql || missing="$missing postgresql"
have_chromium || missing="$missing chromium"
have_java || missing="$missing openjdk-17-jdk-headless"
have_maven || missing="$missing maven"
have_node || missing="$missing nodejs"
have_strace || missing="$missing strace"
have_npm || missing="$missing npm"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086  # one word per package
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi

for part in $missing; do
    echo "missing: $part (Debian: apt-get install $part); the tests that need it are reported as not run"
done
