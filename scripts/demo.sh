# shellcheck shell=bash
# From a fresh clone to a served demonstration city.

run_demo() {
  need_basics
  steps 5
  step "tools" wasm_tools
  step "wasm module" wasm_module
  step "npm package" npm_package
  step "page" page
  # The test build: its dependencies are not optimised, so the page is served minutes earlier.
  step "triqueta program" cargo build -p triqueta-cli
  total_time
  # In place of this shell, so that Ctrl-C reaches the program itself.
  exec cargo run --quiet -p triqueta-cli -- demo --port "${PORT:-8080}" --www www/dist "$@"
}
