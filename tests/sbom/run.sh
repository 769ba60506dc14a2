#!/bin/sh
# The bill of materials as ctest checks it: made of HOLYSHEEP_PROXY_BINARY, held to CycloneDX's schema and to the
# program. Exit 77: skipped, no npm or no Debian.
set -eu
cd "$(dirname "$0")"
for program in node npm dpkg-query ninja; do
  if ! command -v "$program" >/dev/null 2>&1; then
    echo "SKIPPED: the test of the bill of materials needs $program, and nothing was tested" >&2
    exit 77
  fi
done
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --omit=optional --no-audit --no-fund --ignore-scripts
fi
exec node --test sbom.test.mjs
