#!/bin/sh
# Installs dynalite for the tests of the DynamoDB engine into target/dynalite, unless it is there already.
set -eu
cd "$(dirname "$0")/../../.."
source=src/test/dynalite
target=target/dynalite
if ! command -v npm >/dev/null || ! node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'; then
    echo "The tests of the DynamoDB engine need Node.js 18 or later with npm on the PATH." >&2
    exit 3
fi
mkdir -p "$target"
cmp -s "$source/server.js" "$target/server.js" || cp "$source/server.js" "$target/"
cmp -s "$source/package-lock.json" "$target/installed-lock.json" && exit 0
cp "$source/package.json" "$source/package-lock.json" "$source/.npmrc" "$target/"
npm ci --prefix "$target" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
cp "$source/package-lock.json" "$target/installed-lock.json"
