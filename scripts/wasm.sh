# shellcheck shell=bash
# From Rust to the module a browser loads: a compiler for wasm32, wasm-bindgen, wasm-opt.
#
# Three ways to a compiler, the first that works is taken and remembered:
#   1  the toolchain has the wasm32-unknown-unknown target
#   2  rustup adds it (a closed network may refuse: it gets two minutes)
#   3  Debian's compiler for the web with the standard library built from its sources

wasm_target=wasm32-unknown-unknown
wasm_route_file=$PWD/target/tools/wasm-route
debian_compiler=(rustc-web cargo-web rust-web-src rust-web-llvm lld-22)

target_installed() {
  compgen -G "$(rustc --print target-libdir --target "$wasm_target")/libcore-*.rlib" >/dev/null
}

target_by_rustup() {
  has rustup && timeout 120 rustup target add "$wasm_target" && target_installed
}

target_by_debian() {
  has apt-get && apt_packages "${debian_compiler[@]}" && /usr/bin/rustc --version
}

# Tries the routes in order and prints the first that works; what the attempts say goes to standard error.
first_wasm_route() {
  if target_installed; then
    echo 1
  elif [[ $(cat "$wasm_route_file" 2>/dev/null) == 3 ]] && target_by_debian >&2; then
    echo 3
  elif target_by_rustup >&2; then
    echo 2
  elif target_by_debian >&2; then
    echo 3
  fi
}

# Chooses the route and remembers it for wasm_cargo.
wasm_compiler() {
  local route=""
  case ${TRIQUETA_WASM_ROUTE:-} in
    "") route=$(first_wasm_route) ;;
    1) if target_installed; then route=1; fi ;;
    2) if target_by_rustup; then route=2; fi ;;
    3) if target_by_debian; then route=3; fi ;;
    *) fail "TRIQUETA_WASM_ROUTE must be 1, 2 or 3" ;;
  esac
  [[ -n $route ]] ||
    fail "no compiler for $wasm_target could be had: run 'rustup target add $wasm_target', or as root on Debian 12 'apt-get install ${debian_compiler[*]}', then start again"
  mkdir -p "$tools"
  printf '%s\n' "$route" >"$wasm_route_file"
  printf 'wasm32 compiler by route %s\n' "$route"
}

# wasm_cargo VERB ARGUMENT…: cargo for the browser, by the chosen route, in a target folder of its own: target/wasm, or
# what WASM_TARGET_DIR names.
wasm_cargo() {
  local verb=$1 folder=${WASM_TARGET_DIR:-target/wasm}
  shift
  if [[ $(<"$wasm_route_file") == 3 ]]; then
    CARGO_TARGET_DIR=$folder RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc PATH=/usr/bin:$PATH \
      /usr/bin/cargo "$verb" --target "$wasm_target" -Zbuild-std=std,panic_abort "$@"
  else
    CARGO_TARGET_DIR=$folder cargo "$verb" --target "$wasm_target" "$@"
  fi
}

# The standard library's sources, for wasm_cargo_slim. Where they cannot be had, that is said and the module is larger.
std_sources() {
  [[ $(<"$wasm_route_file") != 3 ]] || return 0
  local library
  library=$(rustc --print sysroot)/lib/rustlib/src/rust/library
  [[ -d $library ]] || { has rustup && timeout 120 rustup component add rust-src && [[ -d $library ]]; }
}

# wasm_cargo_slim FLAGS ARGUMENT…: a build for download, with these flags for the compiler too. A panic stops the module at
# once instead of making a message that nobody reads, and the standard library is built with it, for size: settings that
# cargo still calls unstable.
wasm_cargo_slim() {
  local flags=$1
  shift
  if ! std_sources; then
    printf 'larger: the sources of the standard library are missing, run "rustup component add rust-src"\n'
    RUSTFLAGS=$flags wasm_cargo build "$@"
    return
  fi
  local std=(-Zbuild-std-features=optimize_for_size)
  [[ $(<"$wasm_route_file") == 3 ]] || std+=("-Zbuild-std=std,panic_abort")
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none $flags" \
    wasm_cargo build "${std[@]}" "$@"
}

# The version that Cargo.toml pins: the command line tool must be the same.
wasm_bindgen_version() {
  sed -n 's/^wasm-bindgen = "=\(.*\)"$/\1/p' Cargo.toml
}

# What stands between a fresh machine and wasm_module.
wasm_tools() {
  wasm_compiler
  cargo_tool wasm-bindgen-cli "$(wasm_bindgen_version)"
  npm_packages scripts/tools
}

# Compiles the modules and, where they changed, makes the files that pkg/ ships: the whole and the one that only ranks, each with
# the vector instructions that nearly every browser has, and without for those that lack them. One piece of JavaScript serves both
# forms.
wasm_module() {
  local out=pkg/dist/wasm form made_from
  for form in simd scalar; do
    compiled_module "$form" triqueta
    compiled_module "$form" ranking --no-default-features --features plain
  done
  made_from=$(sha256sum target/wasm-{simd,scalar}/{triqueta,ranking}.wasm scripts/tools/package-lock.json scripts/wasm.sh)
  [[ $(cat target/wasm-simd/made-from 2>/dev/null) == "$made_from" && -f $out/ranking_scalar_bg.wasm ]] && return 0
  rm -rf "$out"
  both_forms triqueta "$out"
  both_forms ranking "$out"
  printf '%s\n' "$made_from" >target/wasm-simd/made-from
  ls -l "$out"
}

# compiled_module simd|scalar NAME ARGUMENT…: target/wasm-FORM/NAME.wasm, built with these arguments. Both modules are built in
# one folder, because what they depend on is the same.
compiled_module() {
  local target=target/wasm-$1 name=$2 flags=
  [[ $1 != simd ]] || flags=-Ctarget-feature=+simd128
  shift 2
  WASM_TARGET_DIR=$target wasm_cargo_slim "$flags" --profile wasm -p triqueta --lib "$@"
  cp "$target/$wasm_target/wasm/triqueta.wasm" "$target/$name.wasm"
}

# both_forms NAME FOLDER: NAME.js and the module in both forms.
both_forms() {
  local name=$1 out=$2 scalar=target/wasm-scalar/bound
  bound_module "target/wasm-simd/$name.wasm" "$name" "$out"
  bound_module "target/wasm-scalar/$name.wasm" "$name" "$scalar"
  cmp "$out/$name.js" "$scalar/$name.js"
  cp "$scalar/${name}_bg.wasm" "$out/${name}_scalar_bg.wasm"
}

# bound_module FILE NAME FOLDER: the compiled module with its JavaScript, optimised for speed. A browser runs a function in
# slow code until it has been called often, and cannot change code within a call: opening a bundle stays in pieces, instead of
# being put together to one function that is called once.
bound_module() {
  local module=$3/$2_bg.wasm
  "$tools/bin/wasm-bindgen" --target web --out-dir "$3" --out-name "$2" "$1"
  scripts/tools/node_modules/.bin/wasm-opt -O3 --one-caller-inline-max-function-size=100 "$module" -o "$module"
}
