#!/usr/bin/env bash
# ./build.sh --target NAME [-- arguments for hicorr]     ./build.sh --description lists the targets.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! command -v dotnet > /dev/null; then
    echo "build.sh: the .NET 10 SDK is missing; install the package dotnet-sdk-10.0 (https://dot.net/download)" >&2
    exit 2
fi
if ! dotnet --list-sdks | grep -q '^10\.'; then
    echo "build.sh: needs the .NET SDK 10, found: $(dotnet --list-sdks | cut -d' ' -f1 | tr '\n' ' ')" >&2
    exit 2
fi

# What follows -- goes to hicorr as it is; one argument a line survives blanks in paths.
cake=()
while [ $# -gt 0 ] && [ "$1" != "--" ]; do cake+=("$1"); shift; done
[ $# -gt 0 ] && shift
HICORR_ARGUMENTS=$(printf '%s\n' "$@")
export HICORR_ARGUMENTS DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

dotnet tool restore --verbosity quiet > /dev/null || { echo "build.sh: Cake could not be restored from the NuGet feed; run 'dotnet tool restore' to see why" >&2; exit 2; }
rm -f artifacts/test-summary.txt
status=0
dotnet cake build.cake --verbosity=normal ${cake[@]+"${cake[@]}"} || status=$?
# Last, so that whoever reads only the end of the output sees the count.
[ -f artifacts/test-summary.txt ] && cat artifacts/test-summary.txt
exit $status
