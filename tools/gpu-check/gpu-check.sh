#!/usr/bin/env bash
# On a machine with a GPU, from the unpacked archive of pack.sh: ./gpu-check.sh [OUT]
# Tests of all kernels, compute-sanitizer over a short training, benchmarks; then OUT/gpu-check.json and OUT/gpu-check.md (OUT: report).
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-report}
mkdir -p "$out"
out=$(cd "$out" && pwd)
hicorr=$here/bin/hicorr
training=(demo --device cuda --scenes 2 --val 1 --frames 4 --quiet --set train.epochs=2 network.voxel_size=0.2 correlation.scope=inter correlation.points=128
    correlation.start_epoch=1 feedback.enabled=true feedback.start_epoch=1)
failures=0

"$hicorr" doctor --json > "$out/doctor.json"
"$hicorr" doctor | tee "$out/doctor.txt"

echo "== tests"
HICORR_TEST_DEVICE=gpu "$here/bin/HiCorr.Tests" -class '*KernelTests' -parallelMode none -noColor -result-xml "$out/tests.xml" > "$out/tests.txt" || failures=$((failures + 1))
totals=$(grep -o 'Total: [^T]*' "$out/tests.txt" | tail -1)
echo "$totals"

echo "== compute-sanitizer"
sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer 2> /dev/null | tail -1)
sanitized=
for tool in memcheck racecheck initcheck synccheck; do
    if [ -z "$sanitizer" ]; then result="not run: no compute-sanitizer on this machine"
    elif "$sanitizer" --tool "$tool" --error-exitcode 99 --target-processes all "$hicorr" "${training[@]}" --out "$out/demo-$tool" > "$out/$tool.txt" 2>&1; then result="no error"
    else result="FAILED, see $tool.txt"; failures=$((failures + 1)); fi
    echo "$tool: $result"
    sanitized+="${sanitized:+, }\"$tool\": \"$result\""
done

echo "== benchmarks"
runs=
for voxels in made:84893 made:120000 made:900000; do
    for precision in fp32 tf32 bf16 fp16; do
        file=$out/network-${voxels#made:}-$precision.json
        if "$hicorr" bench network --voxels "$voxels" --device cuda --precision "$precision" --repetitions 20 --profile --json > "$file" 2> "$file.err"; then runs+="${runs:+, }$(cat "$file")"
        else echo "network $voxels $precision failed: $(cat "$file.err")"; failures=$((failures + 1)); fi
    done
done
for precision in fp32 tf32 bf16 fp16; do
    "$hicorr" bench ops --voxels made:120000 --device cuda --precision "$precision" --repetitions 20 > "$out/ops-$precision.md" || failures=$((failures + 1))
done

printf '{"schemaVersion": 1, "machine": %s, "tests": "%s", "sanitizers": {%s}, "network": [%s], "failures": %d}\n' "$(cat "$out/doctor.json")" "$totals" "$sanitized" "$runs" "$failures" > "$out/gpu-check.json"
{
    printf '# GPU check\n\n```\n%s\n```\n\n## Tests of kernels\n%s\n\n## compute-sanitizer, a short training\n' "$(cat "$out/doctor.txt")" "$totals"
    printf '%s\n' "$sanitized" | sed 's/, "/\n"/g; s/"//g; s/^/- /; s/\n/\n- /g'
    printf '\n## The network, 20 runs, by events\n| voxels | precision | inference s | training step s | share of the peak, inference | training |\n| ---: | --- | ---: | ---: | ---: | ---: |\n'
    for file in "$out"/network-*.json; do
        field() { sed -n "s/^  \"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" "$file" | head -1; }
        printf '| %s | %s | %s | %s | %s | %s |\n' "$(field voxels)" "$(field arithmetic)" "$(field inferenceSeconds)" "$(field trainStepSeconds)" "$(field efficiency)" "$(field trainEfficiency)"
    done
    for precision in fp32 tf32 bf16 fp16; do printf '\n## Ops, %s\n' "$precision"; cat "$out/ops-$precision.md"; done
} > "$out/gpu-check.md"
echo "$out/gpu-check.md, gpu-check.json; $failures failures"
exit $((failures > 0))
