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

# wasm_cargo VERB ARGUMENT…: cargo for the browser, by the chosen route, in a target folder of its own.
wasm_cargo() {
  local verb=$1
  shift
  if [[ $(<"$wasm_route_file") == 3 ]]; then
    CARGO_TARGET_DIR=target/wasm RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc PATH=/usr/bin:$PATH \
      /usr/bin/cargo "$verb" --target "$wasm_target" -Zbuild-std=std,panic_abort "$@"
  else
    CARGO_TARGET_DIR=target/wasm cargo "$verb" --target "$wasm_target" "$@"
  fi
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

# Compiles the module and, where it changed, makes the files that pkg/ ships.
wasm_module() {
  wasm_cargo build --profile wasm -p triqueta --lib
  local compiled=target/wasm/$wasm_target/wasm/triqueta.wasm
  local out=pkg/dist/wasm made_from
  made_from=$(sha256sum "$compiled" scripts/tools/package-lock.json scripts/wasm.sh)
  [[ $(cat target/wasm/made-from 2>/dev/null) == "$made_from" && -f $out/triqueta_bg.wasm ]] && return 0
  rm -rf "$out"
  "$tools/bin/wasm-bindgen" --target web --out-dir "$out" --out-name triqueta "$compiled"
  scripts/tools/node_modules/.bin/wasm-opt -Os "$out/triqueta_bg.wasm" -o "$out/triqueta_bg.wasm"
  printf '%s\n' "$made_from" >target/wasm/made-from
  ls -l "$out"
}
