#!/usr/bin/env bash
# The one entry point. `./build.sh help` says what it can do; scripts/ holds one idea a file.
set -euo pipefail

[[ -z ${TRIQUETA_DATA:-} ]] || TRIQUETA_DATA=$(realpath -m "$TRIQUETA_DATA")
cd "$(dirname "${BASH_SOURCE[0]}")"
export TRIQUETA_DATA=${TRIQUETA_DATA:-$(realpath -m ../shared/data)}

source scripts/say.sh
source scripts/tools.sh
source scripts/wasm.sh
source scripts/npm.sh
source scripts/demo.sh
source scripts/test.sh
source scripts/check.sh
source scripts/rules.sh
source scripts/bench.sh
source scripts/fuzz.sh
source scripts/sbom.sh

help() {
  cat <<'TEXT'
./build.sh demo [options]   build everything and serve a demonstration city on http://localhost:8080 (PORT=… for another port)
./build.sh test             install what the tests need and run all of them, in Chromium too
./build.sh check            formatting, lints, docs, licences and the rules of the house
./build.sh pkg              make the npm package, ready to install, in target/npm
./build.sh bench NAME       measure; without a NAME: what can be measured
./build.sh fuzz [READER…]   look for inputs that break a reader of bytes from elsewhere; --runs N inputs for each (a million)
./build.sh sbom             list what is in what we hand out (CycloneDX), in target/sbom
./build.sh help             this text

Tools are installed under target/tools, logs are under target/log; a second run reuses both.
  TRIQUETA_VERBOSE=1        show each step's output while it runs
  TRIQUETA_DATA=FOLDER      the real data sets (default: ../shared/data); tests that need them are named when it is absent
  TRIQUETA_WASM_ROUTE=1|2|3 take this way to a wasm32 compiler and no other (see scripts/wasm.sh)
TEXT
}

verb=${1:-help}
[[ $# -eq 0 ]] || shift
case $verb in
  demo | pkg | check | bench | fuzz | sbom | test) "run_$verb" "$@" ;;
  help | --help | -h) help ;;
  *) fail "there is no '$verb'; the verbs are demo, test, check, pkg, bench, fuzz, sbom and help" ;;
esac
