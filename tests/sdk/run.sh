#!/bin/sh
# The SDK tests as ctest runs them: dependencies as locked, then node's own runner. Exit 77: skipped, no npm.
set -eu
cd "$(dirname "$0")"
if ! command -v npm >/dev/null 2>&1 || ! command -v node >/dev/null 2>&1; then
  echo "SKIPPED: the SDK tests need node and npm, and neither SDK was tested" >&2
  exit 77
fi
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --ignore-scripts
fi
node --test openai.test.mjs anthropic.test.mjs
# Each alone: the others measure time.
node --test matrix.test.mjs
exec node --test storm.test.mjs
