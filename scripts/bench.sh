# shellcheck shell=bash
# Measurements; each writes target/bench/NAME.json. A bench is a function bench_NAME below.

benches() { compgen -A function bench_ | sed 's/^bench_//' | paste -sd ' '; }

run_bench() {
  local name=${1:-}
  [[ -n $name ]] || fail "say what to measure: $(benches)"
  declare -F "bench_$name" >/dev/null || fail "there is no bench '$name'; the benches are: $(benches)"
  shift
  need_basics
  mkdir -p target/bench
  "bench_$name" "$@"
}

bench_accuracy() {
  [[ -d $TRIQUETA_DATA ]] ||
    fail "bench accuracy needs the real data sets, and there is no folder '$TRIQUETA_DATA': set TRIQUETA_DATA to theirs"
  steps 1
  step "triqueta program" cargo build --release -p triqueta-cli
  cargo run --quiet --release -p triqueta-cli -- bench accuracy --data "$TRIQUETA_DATA" --out target/bench/accuracy.json "$@"
}
