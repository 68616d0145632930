#!/bin/sh
# install-npm.sh NAME...: installs the npm packages that src/test/NAME pins into target/NAME, unless they are there already.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v npm >/dev/null || ! node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'; then
    echo "The tests need Node.js 18 or later with npm on the PATH, for $*." >&2
    exit 3
fi
for name in "$@"; do
    source=src/test/$name
    target=target/$name
    mkdir -p "$target"
    [ ! -f "$source/server.js" ] || cmp -s "$source/server.js" "$target/server.js" || cp "$source/server.js" "$target/"
    cmp -s "$source/package-lock.json" "$target/installed-lock.json" && continue
    cp "$source/package.json" "$source/package-lock.json" "$source/.npmrc" "$target/"
    npm ci --prefix "$target" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
    cp "$source/package-lock.json" "$target/installed-lock.json"
done
