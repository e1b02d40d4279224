#!/usr/bin/env bash
# use_packages.sh SOURCE BUILD WORK C_COMPILER CXX_COMPILER
#
# Packs BUILD into Debian packages below WORK, installs them into a root of its own there, and uses
# what is installed: from C, from C++, from Python, and the command. WORK is emptied first; nothing else is written.
set -euo pipefail
source_tree=$1 build=$2 work=$3 c_compiler=$4 cxx_compiler=$5

step() { echo "--- $*"; }
die() { echo "FAILED: $*" >&2; exit 1; }

for tool in dpkg-shlibdeps file; do
  command -v "$tool" > /dev/null || die "there is no $tool: apt-get install dpkg-dev file"
done
rm -rf "$work"
root=$work/root
mkdir -p "$work/use" "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
touch "$root/var/lib/dpkg/status"

step "cpack"
cpack --config "$build/CPackConfig.cmake" -B "$work/packed" > "$work/cpack.log"
debs=("$work"/packed/*.deb)
names=$(for deb in "${debs[@]}"; do dpkg-deb --field "$deb" Package; done)
[[ $names == $'libvarve-dev\nlibvarve0\npython3-varve\nvarve-tools' ]] || die "the packages are: $names"

step "what the packages say of themselves"
for deb in "${debs[@]}"; do
  package=$(dpkg-deb --field "$deb" Package)
  dpkg-deb --fsys-tarfile "$deb" | tar --list --file=- > "$work/$package.list"
  if grep -vE '^\./(usr/.*)?$' "$work/$package.list"; then
    die "$package has the files above outside of /usr"
  fi
  grep -qx "./usr/share/doc/$package/copyright" "$work/$package.list" ||
    die "$package has no copyright file"
done
field() { dpkg-deb --field "$work"/packed/"$1"_*.deb "$2"; }
field libvarve0 Depends | grep -q 'liblmdb0 (>= ' || die "libvarve0 does not depend on liblmdb0"
field varve-tools Depends | grep -q 'libc6 (>= ' || die "varve-tools does not depend on libc6"
field libvarve-dev Depends | grep -q "libvarve0 (= $(field libvarve0 Version))" ||
  die "libvarve-dev does not depend on the libvarve0 of its version"

field python3-varve Depends | grep -q 'libvarve0 (>= ' ||
  die "python3-varve does not depend on libvarve0"
[[ $(field python3-varve Architecture) == all ]] || die "python3-varve is not for all architectures"

# Unpacked only: configuring would run ldconfig, which belongs to the machine.
step "dpkg, into a root of its own"
if ((EUID == 0)); then
  dpkg --root="$root" --log="$work/dpkg.log" --force-depends --unpack "${debs[@]}" > "$work/dpkg.out"
  dpkg --root="$root" --verify
else
  for deb in "${debs[@]}"; do dpkg-deb --extract "$deb" "$root"; done
fi
libraries=$(dirname "$(find "$root/usr" -name libvarve.so.0)")
export LD_LIBRARY_PATH=$libraries PKG_CONFIG_PATH=$libraries/pkgconfig
cd "$work/use"

step "a program in C, by pkg-config"
# shellcheck disable=SC2046  # words are what is wanted
"$c_compiler" -std=c99 -Wall -Wextra -Wpedantic -Werror "$source_tree/tests/install/embedder.c" \
  -o embedder_c $(pkg-config --cflags --libs varve-c)
./embedder_c my.varve
readelf --dynamic embedder_c > needed
grep -q 'libvarve\.so\.0' needed || die "embedder_c does not need libvarve.so.0"
if grep -qE 'libstdc|libabsl' needed; then die "embedder_c needs libraries of C++"; fi

step "a program in C, by CMake, without C++"
cmake -S "$source_tree/tests/install/c_project" -B c_build -G Ninja -DCMAKE_PREFIX_PATH="$root/usr" \
  -DCMAKE_C_COMPILER="$c_compiler" -DEMBEDDER="$source_tree/tests/install/embedder.c" > configure.log
cmake --build c_build > build.log
c_build/embedder my.varve | tee second
grep -q 'greeted 2 times' second || die "the second program did not find what the first one wrote"

# Compiled once; the objects do not know how they are linked.
step "a program in C++, with the shared library and with the static one"
# shellcheck disable=SC2046
"$cxx_compiler" -std=c++20 -c "$source_tree/tests/install/embedder.cc" -o embedder.o \
  $(pkg-config --cflags varve-shared)
for module in varve-shared varve; do
  # shellcheck disable=SC2046
  "$cxx_compiler" embedder.o -o "embedder_$module" $(pkg-config --libs "$module")
  "./embedder_$module"
done
version=$(pkg-config --modversion varve-shared)
readelf --version-info embedder_varve-shared | grep -q "VARVE_CXX_$version" ||
  die "the loader would not refuse another version"
if readelf --dynamic embedder_varve | grep -q libvarve; then die "embedder_varve is not static"; fi

step "the command"
"$root/usr/bin/varve" my.varve kv get greeting
"$root/usr/bin/varve" my.varve check

step "the Python package"
PYTHONPATH=$root/usr/lib/python3/dist-packages python3 -B - << 'END'
import varve
with varve.open("my.varve", create=False) as store, store.view() as view:
    print(varve.__file__, view.kv()["greeting"])
END
echo OK
