# shellcheck shell=bash
# From a fresh clone to a served demonstration city.

run_demo() {
  need_basics
  steps 5
  step "tools" wasm_tools
  step "wasm module" wasm_module
  step "npm package" npm_package
  step "page" page
  step "triqueta program" cargo build --release -p triqueta-cli
  total_time
  # In place of this shell, so that Ctrl-C reaches the program itself.
  exec cargo run --quiet --release -p triqueta-cli -- demo --port "${PORT:-8080}" --www www/dist "$@"
}
