#!/usr/bin/env bash
# Paints the contact sheets of docs/results:
#
#   scripts/sheets.sh PHOTOS     # after every training; needs ImageMagick and ffmpeg
#
# PHOTOS holds photographs that may be shown: docs/results/sheets.md names those used. They are not part of the project.
set -euo pipefail
photos=$(realpath "$1")
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
styles=(starry-night great-wave kiss scream composition-vii udnie water-lilies wheat-field)
alphas=(0 0.25 0.5 0.75 1 1.25)
frames=(0 50 100 150 200 250)
portrait=capture/portrait/collins.jpg

tile() { # NAME COLUMNS SIZE PICTURE...
  montage "${@:4}" -resize "$3^" -gravity center -extent "$3" -tile "$2x" -geometry +3+3 -quality 86 "docs/results/$1.jpg"
}

# Every photograph in every style, all of it at full strength, by both sizes of the networks.
mapfile -t names < <(cd "$photos" && ls -- *.jpg *.png | sed 's/\.[a-z]*$//')
for model in full lite; do
  for style in "${styles[@]}"; do
    bin/stylecam image --quiet --model "$model" "$photos" "$work/$model-$style" --style "$style" --background 1,1 --person 1,1
  done
  sheet=()
  for name in "${names[@]}"; do
    sheet+=("$(ls "$photos/$name".*)")
    for style in "${styles[@]}"; do sheet+=("$work/$model-$style/$name.png"); done
  done
  tile "sheet-styles-$model" $((1 + ${#styles[@]})) 200x200 "${sheet[@]}"
done

# The strengths of background and person apart, from none to more than all.
sheet=()
for style in great-wave scream; do
  for a in "${alphas[@]}"; do
    bin/stylecam image --quiet "$portrait" "$work/background-$style-$a.png" --style "$style" --background "$a,$a"
    sheet+=("$work/background-$style-$a.png")
  done
  for a in "${alphas[@]}"; do
    bin/stylecam image --quiet "$portrait" "$work/person-$style-$a.png" --style "$style" --person "$a,$a"
    sheet+=("$work/person-$style-$a.png")
  done
done
tile sheet-alphas ${#alphas[@]} 260x260 "${sheet[@]}"

# Frames as a camera has them, their masks, their paintings.
bin/stylecam run --quiet --input demo --frames 300 --background-mode original --person-mode original --out "$work/demo.mkv"
mkdir "$work/frames"
for n in "${frames[@]}"; do
  ffmpeg -v error -i "$work/demo.mkv" -vf "select=eq(n\,$n)" -frames:v 1 "$work/frames/$(printf %03d "$n").png"
done
bin/stylecam mask --quiet "$work/frames" "$work/masks"
bin/stylecam image --quiet "$work/frames" "$work/painted" --style wheat-field
tile sheet-masks ${#frames[@]} 320x240 "$work"/frames/*.png "$work"/masks/*.png "$work"/painted/*.png
