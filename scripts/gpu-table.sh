#!/usr/bin/env bash
# Measures stylecam on this machine's GPU, and on its CPU beside it, into
# docs/results/gpu.md:
#
#   scripts/gpu-table.sh            # half an hour; the first time TensorRT compiles, which takes longer
#   scripts/gpu-table.sh --print    # only print the table
#
# One row is one `stylecam bench` (FRAMES=300 frames live, 300 unpaced, of the moving
# demo): provider, precision, frame size and quality are the row's, everything else is
# the default. PROVIDERS, PRECISIONS, SIZES and QUALITIES choose other rows. A provider
# that does not work here says why in its row.
#
# How much of a frame's time is not the GPU's kernels' takes NVIDIA's profiler, nsys: two
# more runs of the same, a short one and one of 100 frames more, so that their difference
# is of frames alone, without what is set up once.
set -euo pipefail
cd "$(dirname "$0")/.."

stylecam=${STYLECAM:-bin/stylecam}
[ -x "$stylecam" ] || { echo "gpu-table.sh: $stylecam is not there; run: make build" >&2; exit 1; }
frames=${FRAMES:-300}
page=docs/results/gpu.md

bench() { # FRAMES SIZE PROVIDER PRECISION QUALITY
  "$stylecam" bench --json --quiet --fps 60 --frames "$1" --size "$2" --provider "$3" --precision "$4" --quality "$5"
}

kernels() { # bench's arguments; prints the nanoseconds that kernels took in all
  export -f bench
  export stylecam
  nsys profile --trace cuda --force-overwrite true --output "$work/run" bash -c 'bench "$@"' - "$@" >/dev/null 2>&1 || return
  nsys stats --report cuda_gpu_kern_sum --format csv --force-export true "$work/run.nsys-rep" 2>/dev/null | python3 -c '
import csv, sys
rows = list(csv.reader(sys.stdin))
head = next(i for i, row in enumerate(rows) if "Total Time (ns)" in row)
column = rows[head].index("Total Time (ns)")
print(sum(int(row[column]) for row in rows[head + 1:] if len(row) > column))
'
}

kernels_per_frame() { # bench's arguments but the first; prints nanoseconds, or nothing
  command -v nsys >/dev/null && [ "$2" != cpu ] || return 0
  local few many
  few=$(kernels 20 "$@") && many=$(kernels 120 "$@") || return 0
  echo $(((many - few) / 200)) # each run paints its frames twice, live and unpaced
}

row() { # SIZE PROVIDER PRECISION QUALITY NANOSECONDS, and the report on standard input
  python3 -c '
import json, sys
report = json.load(sys.stdin)
*cells, kernels = sys.argv[1:]
stages = report["stages"]
cells.append(report["model"])
for stage in ("mask", "refine", "paint", "compose", "filter"):
    cells.append("%.2f" % stages[stage]["p50"] if stage in stages else "–")
cells.append("%.0f %%" % (100 - int(kernels) / 1e4 / stages["filter"]["p50"]) if kernels else "–")
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
  command -v nsys >/dev/null || echo "nsys is not there, so what is outside kernels is not known"
}

table() {
  machine | sed 's/$/  /'
  echo "Command: \`scripts/gpu-table.sh\`, $frames frames a run, p50 in milliseconds; the mask's include the frame's way up"
  echo
  echo '| frame | provider | precision | quality | networks | mask (SegNet) | refine | paint (SANet) | compose | whole frame | outside kernels | age at the sink | fps live | fps unpaced |'
  echo '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|'
  local report problem=$work/problem
  for size in ${SIZES:-640x480 1280x720 1920x1080}; do
    for provider in ${PROVIDERS:-cpu cuda tensorrt}; do
      for precision in ${PRECISIONS:-fp32 fp16}; do
        for quality in ${QUALITIES:-balanced best}; do
          set -- "$size" "$provider" "$precision" "$quality"
          echo "$* ..." >&2
          if report=$(bench "$frames" "$@" 2>"$problem"); then
            row "$@" "$(kernels_per_frame "$@")" <<<"$report"
          else
            echo "| $size | $provider | $precision | $quality | not run: $(tail -n 1 "$problem" | sed 's/^stylecam: //; s/|/\\|/g') | | | | | | | | | |"
          fi
        done
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
