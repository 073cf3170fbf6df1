#!/usr/bin/env bash
# Makes artifacts/gpu-check.tar.xz: hicorr and its tests with .NET inside, the model pack, and gpu-check.sh. Copy it to a linux-x64 machine with a GPU.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

most_bytes=$((55 * 1000 * 1000))
folder=artifacts/gpu-check
rm -rf "$folder"
for project in HiCorr.Pipeline HiCorr.Tests; do # the same runtime and libraries: one folder holds both
    # A lock file of its own: this build restores other packages.
    dotnet publish "$project" -c Release -r linux-x64 --self-contained -p:PublishReadyToRun=false -p:DebugType=none -p:NuGetLockFilePath=obj/gpu-check.lock.json \
        -v quiet --nologo -o "$folder/bin"
done
find "$folder/bin" -name '*.pdb' -delete
cp tools/gpu-check/gpu-check.sh "$folder/"
tar -C artifacts -cf - gpu-check | xz -T0 -6 > artifacts/gpu-check.tar.xz
bytes=$(stat -c %s artifacts/gpu-check.tar.xz)
echo "artifacts/gpu-check.tar.xz: $((bytes / 1000000)) MB"
[ "$bytes" -le "$most_bytes" ] || { echo "pack.sh: larger than $((most_bytes / 1000000)) MB" >&2; exit 1; }
