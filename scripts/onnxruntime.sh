#!/usr/bin/env bash
# Puts ONNX Runtime's library for the CPU into the cache and prints its path:
#
#   scripts/onnxruntime.sh        # ~/.cache/stylecam/libonnxruntime.so.1.31.1
#   scripts/onnxruntime.sh cache  # passing over the system's, which does not serve
#
# The ways, in this order, each taken only where the one before failed:
#
#   pip      the wheel of PyPI, 24 MB
#   npm      the package onnxruntime-node, 114 MB, whose newest version is 1.30.0
#   release  the archive of ONNX Runtime's own release of that version, by curl
#
# Every library is pinned by its sha256, so that it does not matter which way or
# which mirror it came. The release's is held to the npm package's sum: should
# the two builds differ, it is refused.
set -euo pipefail

# An installed library comes first. Whether it really serves, `stylecam runtime install`
# checks.
if [ -n "${ONNXRUNTIME_LIB:-}" ]; then
	[ -f "$ONNXRUNTIME_LIB" ] || { echo "onnxruntime.sh: ONNXRUNTIME_LIB names $ONNXRUNTIME_LIB, which is not there; unset it" >&2; exit 1; }
	echo "$ONNXRUNTIME_LIB"
	exit
fi
[ "${1:-}" = cache ] || for lib in $({ /sbin/ldconfig -p 2>/dev/null || true; } | awk '$1 ~ /^libonnxruntime\.so/ {print $NF}'); do
	lib=$(readlink -f "$lib")
	[[ $lib =~ \.so\.1\.([0-9]+)\. ]] && [ "${BASH_REMATCH[1]}" -ge 24 ] || continue
	echo "$lib"
	exit
done

cache=${XDG_CACHE_HOME:-$HOME/.cache}/stylecam

case "$(uname -s)-$(uname -m)" in
Linux-x86_64)
	arch=x86_64 node=x64
	wheel_sha=1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536
	wheel_lib_sha=fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3
	node_lib_sha=ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23
	;;
Linux-aarch64)
	arch=aarch64 node=arm64
	wheel_sha=0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc
	wheel_lib_sha=8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467
	node_lib_sha=1f549d46250b005580b597f4164984aaf75b3bcb9f3aeb07c7f8a8fe60b23c76
	;;
*)
	echo "onnxruntime.sh: no library is pinned for $(uname -s) on $(uname -m); install ONNX Runtime 1.31 yourself and set ONNXRUNTIME_LIB to its library" >&2
	exit 1
	;;
esac

version=1.31.1
wheel=onnxruntime-$version-cp312-cp312-manylinux_2_28_$arch.whl
node_version=1.30.0

# is FILE SHA256: the file is there and is what it should be.
is() { [ -f "$1" ] && echo "$2  $1" | sha256sum --check --status; }

# keep FILE NAME: into the cache under its name, whole or not at all.
keep() {
	chmod 644 "$1"
	mv -f "$1" "$cache/$2"
	echo "$cache/$2"
}

# The library of either version serves; the newer is looked for first.
for have in "$version $wheel_lib_sha" "$node_version $node_lib_sha"; do
	lib=$cache/libonnxruntime.so.${have% *}
	if is "$lib" "${have#* }"; then
		echo "$lib"
		exit
	fi
done

mkdir -p "$cache"
beside=$(mktemp -d "$cache/.download.XXXXXX") # on the cache's own disk, so that mv is a rename
trap 'rm -rf "$beside"' EXIT
trap 'exit 1' INT TERM

by_pip() {
	local pip
	for pip in "pip" "pip3" "python3 -m pip"; do
		# Unquoted: the last is three words.
		if $pip --version >/dev/null 2>&1; then
			$pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
				--implementation cp --python-version 3.12 --platform "manylinux_2_28_$arch" \
				--dest "$beside" "onnxruntime==$version" >&2
			return
		fi
	done
	return 127
}

by_npm() {
	command -v npm >/dev/null || return 127
	(cd "$beside" && npm pack --silent "onnxruntime-node@$node_version" >/dev/null) &&
		tar -xzf "$beside/onnxruntime-node-$node_version.tgz" -C "$beside" --strip-components=5 \
			"package/bin/napi-v6/linux/$node/libonnxruntime.so.1"
}

by_release() {
	command -v curl >/dev/null || return 127
	local name=onnxruntime-linux-${node/arm64/aarch64}-$node_version
	curl --fail --silent --show-error --location --retry 2 --connect-timeout 20 --output "$beside/$name.tgz" \
		"https://github.com/microsoft/onnxruntime/releases/download/v$node_version/$name.tgz" &&
		tar -xzf "$beside/$name.tgz" -C "$beside" --strip-components=2 "$name/lib/libonnxruntime.so.$node_version" &&
		mv "$beside/libonnxruntime.so.$node_version" "$beside/libonnxruntime.so.1"
}

unpack() {
	local member=onnxruntime/capi/libonnxruntime.so.$version
	if command -v unzip >/dev/null; then
		unzip -q -o -j "$1" "$member" -d "$beside"
	else
		python3 -c 'import sys, zipfile; open(sys.argv[3], "wb").write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' \
			"$1" "$member" "$beside/libonnxruntime.so.$version"
	fi
}

echo "fetching ONNX Runtime $version ..." >&2
if by_pip; then
	if ! is "$beside/$wheel" "$wheel_sha"; then
		echo "onnxruntime.sh: $wheel came by pip with another sha256 than pinned; not used" >&2
	elif unpack "$beside/$wheel" && is "$beside/libonnxruntime.so.$version" "$wheel_lib_sha"; then
		keep "$beside/libonnxruntime.so.$version" "libonnxruntime.so.$version"
		exit
	else
		echo "onnxruntime.sh: $wheel came by pip and could not be unpacked" >&2
	fi
fi
for way in by_npm by_release; do
	$way || continue
	if is "$beside/libonnxruntime.so.1" "$node_lib_sha"; then
		keep "$beside/libonnxruntime.so.1" "libonnxruntime.so.$node_version"
		exit
	fi
	echo "onnxruntime.sh: the library came ${way/_/ } with another sha256 than pinned; not used" >&2
done
echo "onnxruntime.sh: ONNX Runtime could not be had by pip, npm or curl (is the network up? apt-get install python3-pip); or install it yourself and set ONNXRUNTIME_LIB" >&2
exit 1
