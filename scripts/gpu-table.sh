#!/usr/bin/env bash
# Measures stylecam on this machine's GPU, and on its CPU beside it, into
# docs/results/gpu.md:
#
#   scripts/gpu-table.sh            # about ten minutes; the first time TensorRT compiles, which takes longer
#   scripts/gpu-table.sh --print    # only print the table
#
# One row is one `stylecam bench` (FRAMES=300 frames live, 300 unpaced, of the moving
# demo): provider, precision and frame size are the row's, everything else is the
# default. PROVIDERS, PRECISIONS and SIZES choose other rows. A provider that does not
# work here says why in its row.
set -euo pipefail
cd "$(dirname "$0")/.."

stylecam=${STYLECAM:-bin/stylecam}
[ -x "$stylecam" ] || { echo "gpu-table.sh: $stylecam is not there; run: make build" >&2; exit 1; }
frames=${FRAMES:-300}
page=docs/results/gpu.md

row() { # SIZE PROVIDER PRECISION, and the report on standard input
  python3 -c '
import json, sys
report = json.load(sys.stdin)
cells = sys.argv[1:]
for stage in ("mask", "refine", "paint", "compose", "filter"):
    cells.append("%.2f" % report["stages"][stage]["p50"] if stage in report["stages"] else "–")
cells += ["%.1f" % report["age_ms"]["p50"], "%.1f" % report["fps"], "%.1f" % report["throughput_fps"]]
print("|", " | ".join(cells), "|")
' "$@"
}

machine() {
  if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader | sed 's/^/GPU: /'
  else
    echo "GPU: none of NVIDIA's"
  fi
  echo "CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
  echo "stylecam $("$stylecam" --version)"
}

table() {
  machine | sed 's/$/  /'
  echo "Command: \`scripts/gpu-table.sh\`, $frames frames a run, p50 in milliseconds"
  echo
  echo '| frame | provider | precision | mask (SegNet) | refine | paint (SANet) | compose | whole frame | age at the sink | fps live | fps unpaced |'
  echo '|---|---|---|---|---|---|---|---|---|---|---|'
  local report problem=$work/problem
  for size in ${SIZES:-640x480 1280x720 1920x1080}; do
    for provider in ${PROVIDERS:-cpu cuda tensorrt}; do
      for precision in ${PRECISIONS:-fp32 fp16}; do
        echo "$size $provider $precision ..." >&2
        if report=$("$stylecam" bench --json --quiet --frames "$frames" --fps 60 --size "$size" --provider "$provider" --precision "$precision" 2>"$problem"); then
          row "$size" "$provider" "$precision" <<<"$report"
        else
          echo "| $size | $provider | $precision | not run: $(tail -n 1 "$problem" | sed 's/^stylecam: //; s/|/\\|/g') | | | | | | | |"
        fi
      done
    done
  done
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
table >"$work/table"
if [ "${1:-}" = --print ]; then
  cat "$work/table"
  exit
fi
# Between its two marks the page is the script's; the rest is written by hand.
awk -v table="$work/table" '
  /^<!-- table -->$/ { print; print ""; while ((getline line < table) > 0) print line; print ""; inside = 1; next }
  /^<!-- end -->$/ { inside = 0 }
  !inside' "$page" >"$work/page"
mv "$work/page" "$page"
echo "written: $page" >&2
