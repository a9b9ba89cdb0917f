#!/usr/bin/env bash
# Paints the pictures of README.md into docs/pictures, from the demo's portrait:
#
#   scripts/pictures.sh       # after every training; needs ImageMagick
#   scripts/pictures.sh page  # the page's, after every change of it, on a machine at rest
set -euo pipefail
cd "$(dirname "$0")/.."

photo=capture/portrait/collins.jpg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p docs/pictures

if [ "${1:-}" = page ]; then
  (cd webrtc/e2e && node pictures.mjs "$work")
  convert "$work/desktop-dark.png" -quality 88 docs/pictures/page.jpg
  convert "$work/phone-light.png" -resize 390x -quality 88 docs/pictures/page-phone.jpg
  exit
fi
tiles=("$photo")
for style in starry-night great-wave kiss scream composition-vii udnie water-lilies; do
  bin/stylecam image --quiet "$photo" "$work/$style.png" --style "$style"
  tiles+=("$work/$style.png")
done
montage "${tiles[@]}" -resize 320x320^ -gravity north -extent 320x320 -tile 4x2 -geometry +4+4 -quality 88 docs/pictures/gallery.jpg
bin/stylecam image --quiet "$photo" --figure "$work/figure.png" --style great-wave
convert "$work/figure.png" -resize 1600x -quality 88 docs/pictures/figure.jpg
