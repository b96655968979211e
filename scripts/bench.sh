# shellcheck shell=bash
# Measurements; each writes target/bench/NAME.json and prints its rows. A bench is a function bench_NAME below.

benches() { compgen -A function bench_ | sed 's/^bench_//' | paste -sd ' '; }

run_bench() {
  local name=${1:-}
  [[ -n $name ]] || fail "say what to measure: $(benches)"
  declare -F "bench_$name" >/dev/null || fail "there is no bench '$name'; the benches are: $(benches)"
  shift
  need_basics
  mkdir -p target/bench
  "bench_$name" "$@"
  total_time
}

# Every model on the same questions of meetup-montana, beside chance, popularity and other recommenders' ranks.
# Options are those of `triqueta evaluate`, such as --seeds 1 for a quick look.
bench_accuracy() {
  local source=$TRIQUETA_DATA/meetup-montana
  [[ -d $source ]] ||
    fail "bench accuracy needs the real data sets, and there is no folder '$source': set TRIQUETA_DATA to theirs"
  steps 3
  step "triqueta program" cargo build --release -p triqueta-cli
  step "import of meetup-montana" triqueta import \
    --mapping trainer/mappings/meetup-montana.toml --from "$source" --out target/bench/meetup-montana
  step "evaluation" evaluated "$source" "$@"
  node scripts/bench-record.mjs accuracy target/bench/evaluation.json
}

triqueta() { cargo run --quiet --release -p triqueta-cli -- --quiet "$@"; }

evaluated() {
  local source=$1
  shift
  triqueta evaluate target/bench/meetup-montana --json \
    --queries "$source/p2_queries.csv.gz" --ranks "$source/p2_reference_ranks.csv" "$@" >target/bench/evaluation.json
}
