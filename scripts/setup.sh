#!/usr/bin/env bash
# Installs what stylecam needs from the distribution: Debian 12, Ubuntu 24.04 and
# their like.
#
#   scripts/setup.sh run      to build and run it
#   scripts/setup.sh test     and to run every test
#   scripts/setup.sh vm       to test cameras alone, in a virtual machine (testbed/)
#   scripts/setup.sh browser  to test the page alone, in Chromium
#   scripts/setup.sh train    and to train the networks
#
# Does nothing, quickly, when all is there. Uses apt-get as root or by sudo;
# without either it prints the command and stops.
set -euo pipefail

# Which of OpenCV's packages, and why the header-only extras: docs/dependencies.md.
run=(build-essential ca-certificates python3-pip
  libopencv-{core,imgproc,imgcodecs,videoio,highgui}-dev
  libopencv-{calib3d,features2d,dnn,flann,ml,objdetect,photo,stitching,video}-dev
  libvpx-dev libopenh264-dev ffmpeg)
vm=(qemu-system-x86 v4l-utils cpio kmod gcc-12 xz-utils debian-archive-keyring)
test=(xvfb xauth xdotool imagemagick desktop-file-utils mandoc systemd zsh fish)
browser=()
command -v npm >/dev/null || browser+=(nodejs npm) # another Node.js than the distribution's brings its own npm
[ -n "${CHROMIUM:-}" ] || command -v chromium chromium-browser google-chrome >/dev/null || browser+=(chromium)
train=(python3-venv)

case "${1:-run}" in
  run) want=("${run[@]}") ;;
  test) want=("${run[@]}" "${test[@]}" "${browser[@]}" "${vm[@]}") ;;
  vm) want=("${run[@]}" "${vm[@]}") ;;
  browser) want=("${run[@]}" "${browser[@]}") ;;
  train) want=("${train[@]}") ;;
  *) echo "usage: scripts/setup.sh run|test|vm|browser|train" >&2; exit 2 ;;
esac

root=$(dirname "$0")/..
needed=$(awk '$1 == "go" {print $2}' "$root/go.mod")
command -v go >/dev/null || {
  echo "stylecam: Go is missing; install $needed or newer from https://go.dev/dl" >&2
  exit 1
}
# From 1.21 on Go fetches the version that go.mod asks for, if it may and can.
said=$(cd "$root" && go list -m 2>&1) || {
  there=$(GOTOOLCHAIN=local go version)
  there=${there#go version }
  echo "stylecam: ${there%% *} cannot build this, nor fetch what can (${said##*$'\n'}); install Go $needed or newer from https://go.dev/dl" >&2
  exit 1
}
command -v dpkg-query >/dev/null || {
  echo "stylecam: this is no Debian or Ubuntu; install OpenCV 4 (core, imgproc, imgcodecs, videoio, highgui) with its headers and ffmpeg, then: make build" >&2
  exit 1
}

# coturn's TURN server, for the browser tests, is unpacked and not installed: the
# package would start it, open to everybody on every address.
turn=${XDG_CACHE_HOME:-$HOME/.cache}/stylecam/coturn
relay=
case "${1:-run}" in
  test | browser) command -v turnserver >/dev/null || [ -x "$turn/usr/bin/turnserver" ] || relay=wanted ;;
esac
relay_needs() { apt-cache show --no-all-versions coturn | sed -n 's/^Depends: //p'; }

# Ubuntu has Chromium as a snap alone: then it is left out, and its tests say that they
# are skipped. Coturn, which never is installed, shows whether apt knows anything yet.
offered() { [[ $(LC_ALL=C apt-cache policy "$1") == *'Candidate: '[0-9]* ]]; }
look() {
  missing=()
  for p in "${want[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" != installed ] || continue
    [ "$p" != chromium ] || offered chromium || ! offered coturn || continue
    missing+=("$p")
  done
}
look
[ ${#missing[@]} -eq 0 ] && [ -z "$relay" ] && exit 0

install=(apt-get install -y --no-install-recommends)
by_hand() {
  echo -n "apt-get update && ${install[*]} ${missing[*]}"
  # shellcheck disable=SC2016 # for the reader's shell
  [ -z "$relay" ] || echo -n ' && apt-get satisfy -y --no-install-recommends "$(apt-cache show --no-all-versions coturn | sed -n "s/^Depends: //p")"'
}
if [ "$(id -u)" = 0 ]; then
  as=()
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
  as=(sudo)
else
  as=(nobody)
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fetch_relay() {
  (cd "$work" && apt-get download coturn) && dpkg-deb -x "$work"/coturn_*.deb "$work/coturn" || return
  ! ldd "$work/coturn/usr/bin/turnserver" | grep 'not found' || return
  mkdir -p "$(dirname "$turn")" && rm -rf "$turn" && mv "$work/coturn" "$turn"
}

if [ "${as[*]}" = nobody ]; then
  [ ${#missing[@]} -eq 0 ] && fetch_relay >/dev/null 2>&1 && exit 0 # its libraries were there
  echo "stylecam: ${#missing[@]} packages${relay:+ and coturn} are missing and there is no sudo; as root, run:" >&2
  echo "  $(by_hand)" >&2
  exit 1
fi
echo "stylecam: installing ${#missing[@]} packages${relay:+, and coturn into $turn}: ${missing[*]}"
if ! {
  "${as[@]}" apt-get update && look &&
    { [ ${#missing[@]} -eq 0 ] || "${as[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" "${missing[@]}"; } &&
    { [ -z "$relay" ] || { "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get satisfy -y --no-install-recommends "$(relay_needs)" && fetch_relay; }; }
} >"$work/log" 2>&1; then
  tail -n 20 "$work/log" >&2
  echo "stylecam: apt-get failed (above); mend that, then: $(by_hand)" >&2
  exit 1
fi
