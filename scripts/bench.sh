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

# Everything docs/accuracy.md tells, measured piece by piece; the file is written again from whatever has been measured.
# usage: bench accuracy [--only p1,meetup,models,demo] [--seeds N]
bench_accuracy() {
  local pieces=p1,meetup,models,demo seeds=3
  while (($#)); do
    case $1 in
      --only) pieces=${2:-} ;;
      --seeds) seeds=${2:-} ;;
      *) fail "bench accuracy knows --only p1,meetup,models,demo and --seeds N, not '$1'" ;;
    esac
    shift 2 || fail "say something after $1"
  done
  [[ $seeds =~ ^[1-9][0-9]?$ ]] || fail "--seeds must be a number from 1 to 99, not '$seeds'"
  local piece chosen
  IFS=, read -ra chosen <<<"$pieces"
  for piece in "${chosen[@]}"; do
    declare -F "accuracy_$piece" >/dev/null || fail "there is no piece '$piece'; the pieces are p1, meetup, models and demo"
  done
  mkdir -p target/bench/accuracy
  steps $((${#chosen[@]} + 2))
  step "triqueta program" cargo build --release --workspace --bin triqueta
  for piece in "${chosen[@]}"; do
    step "accuracy of $piece" "accuracy_$piece" "$seeds"
  done
  step "docs/accuracy.md" accuracy_recorded "${chosen[@]}"
  printf 'docs/accuracy.md and target/bench/accuracy.json are written; target/bench/accuracy holds the pieces\n'
}

accuracy_recorded() {
  node scripts/accuracy/merge.mjs "$@"
  node scripts/bench-record.mjs accuracy target/bench/accuracy/measured.json
  node scripts/accuracy/document.mjs
}

# measured FILE COMMAND…: what the command prints, once it is whole.
measured() {
  local file=$1
  shift
  "$@" >"$file.part"
  mv "$file.part" "$file"
}

# real_data NAME: the folder of a real data set.
real_data() {
  [[ -d $TRIQUETA_DATA/$1 ]] || fail "there is no folder '$TRIQUETA_DATA/$1': set TRIQUETA_DATA to the real data sets"
  printf '%s' "$TRIQUETA_DATA/$1"
}

# P1: every learner, leave-one-out.
accuracy_p1() {
  local source
  source=$(real_data ml-1m-ncf)
  measured target/bench/accuracy/p1.json triqueta leave-one-out "$source" --seeds "$1" --json
}

# P2 and P3: every model on the same questions, beside chance, popularity and other recommenders' ranks.
accuracy_meetup() {
  local source
  source=$(meetup_dataset)
  measured target/bench/accuracy/meetup.json triqueta evaluate target/bench/meetup-montana --seeds "$1" --json \
    --queries "$source/p2_queries.csv.gz" --ranks "$source/p2_reference_ranks.csv" \
    --learning-curve --report target/bench/accuracy/meetup.html
}

# The meetup data as a data set, in target/bench/meetup-montana; says where they come from.
meetup_dataset() {
  local source
  source=$(real_data meetup-montana)
  triqueta import --mapping trainer/mappings/meetup-montana.toml --from "$source" --out target/bench/meetup-montana >&2
  printf '%s' "$source"
}

# What each model that a bundle can do without adds to the score, by the choices each training judges itself by: this decides
# what ships, so no question of the test may have a say in it.
accuracy_models() {
  local model
  meetup_dataset >/dev/null
  for model in factorization_machine neural_collaborative_filtering wide_deep; do
    measured "target/bench/accuracy/with-$model.json" triqueta evaluate target/bench/meetup-montana --protocol p2 \
      --seeds "$1" --models "$model" --json
  done
}

# The demo city: regret against the oracle, a city a seed. The demo serves once it is made: its report is taken, then it is
# stopped as with Ctrl-C.
accuracy_demo() {
  local seed file pid
  rm -f target/bench/accuracy/demo-*.json
  for ((seed = 1; seed <= $1; seed++)); do
    file=target/bench/accuracy/demo-$seed.json
    target/release/triqueta --quiet demo --json --fresh --seed "$seed" --now 2026-11-24 --port 0 \
      --out target/bench/demo-city >"$file.part" &
    pid=$!
    until tail -n 1 "$file.part" | grep -q '^}'; do
      kill -0 "$pid" 2>/dev/null || fail "the demo city ended before its report; its words are above"
      sleep 1
    done
    kill -INT "$pid"
    wait "$pid"
    mv "$file.part" "$file"
  done
}

# How long a list takes, natively and in headless Chromium beside its peers, on the bundle of a registry with its activities
# repeated, and its linear pass alone; writes docs/performance.md. Ten minutes once everything is built; half an hour with --large,
# at a million activities too, and an index of a hundred thousand in the browser and of a million natively.
# usage: bench engine [--large] [REGISTRY]   (default: the demo city's, as `bench accuracy --only demo` leaves it)
bench_engine() {
  local sizes=(1000 10000 100000) indexed=(100000)
  if [[ ${1:-} == --large ]]; then
    sizes+=(1000000)
    indexed+=(1000000)
    shift
  fi
  local made=("${sizes[@]}" 10000-trees 10000-wide-deep) folder=target/bench/engine
  local registry=${1:-target/bench/demo-city/registry}
  (($# <= 1)) || fail "bench engine knows --large and one registry, not '$2'"
  [[ -f $registry/channel.json ]] || fail "there is no registry in '$registry': make one with './build.sh bench accuracy --only demo', or name another"
  mkdir -p "$folder"
  steps 11
  step "the bench" engine_programs
  step "tools, Chromium and peers" engine_tools
  step "wasm module" wasm_module
  step "npm package" npm_package
  step "wasm module of the linear pass" engine_pass "$folder/pass"
  step "bundles and visitors" engine_bundles "$registry" "${made[@]}"
  step "lists of ten, natively" measured "$folder/native.json" \
    target/release/examples/engine time "$registry" 40 "${made[@]}"
  step "an index of neighbours, natively" measured "$folder/index.json" \
    target/index/release/triqueta-index "${indexed[@]}"
  step "lists of ten in Chromium, beside its peers" measured "$folder/browser.json" \
    node benches/engine/measure.mjs pkg/dist/wasm "$folder/pass" target/release/triqueta-pass "$folder/bundles"
  step "the same in other browsers, where there are any" measured "$folder/elsewhere.json" \
    node benches/engine/elsewhere.mjs pkg/dist/wasm "$folder/pass" "$folder/bundles"
  step "docs/performance.md" engine_recorded
}

# Whether the module's memory stays what it is over a million lists and events, on the smallest bundle that `bench engine`
# wrote. Five minutes a million, once everything is built.
# usage: bench endurance [CALLS]
bench_endurance() {
  local bundle=target/bench/engine/bundles/1000
  [[ -f $bundle/bench.json ]] || fail "there is no bundle in '$bundle': './build.sh bench engine' writes it"
  steps 3
  step "tools" wasm_tools
  step "wasm module" wasm_module
  step "lists and events in turns" measured target/bench/endurance.json \
    node benches/engine/endurance.mjs pkg/dist/wasm "$bundle" "${1:-1000000}"
  cat target/bench/endurance.json
}

# The index beside which every row is looked at is C++, and of no workspace.
engine_programs() {
  has c++ || apt_packages g++
  cargo build --release --workspace --example engine --bin triqueta-pass
  CARGO_TARGET_DIR=target/index cargo build --release --locked --manifest-path benches/index/Cargo.toml
}

# engine_pass FOLDER: a module that is not shipped, built as those that are.
engine_pass() {
  WASM_TARGET_DIR=target/wasm-simd wasm_cargo_slim "-Ctarget-feature=+simd128" --profile wasm -p triqueta-pass --lib
  bound_module "target/wasm-simd/$wasm_target/wasm/triqueta_pass.wasm" triqueta_pass "$1"
}

engine_tools() {
  wasm_tools
  chromium
  npm_packages tests/browser
  npm_packages benches/engine
}

# The folders tell the browser's side which sizes there are: none may be left of another run.
engine_bundles() {
  local registry=$1
  shift
  rm -rf target/bench/engine/bundles
  target/release/examples/engine write "$registry" 40 target/bench/engine/bundles "$@"
}

engine_recorded() {
  measured target/bench/engine/measured.json \
    node scripts/engine/merge.mjs target/bench/engine/{native,index,elsewhere,browser}.json
  node scripts/bench-record.mjs engine target/bench/engine/measured.json
  node scripts/engine/document.mjs
}

# How many events a second the server makes durable, and how long acknowledgements take at half of that, alone and beside
# 10,000 idle connections; beside a plain INSERT loop in the same run. Two minutes once everything is built. With --events, how
# much memory it has over so many more. Writes docs/reliability.md.
# usage: bench server [SECONDS] [--events N]
bench_server() {
  local seconds=20 long=()
  if [[ ${1:-} =~ ^[1-9][0-9]{0,4}$ ]]; then
    seconds=$1
    shift
  fi
  if [[ ${1:-} == --events ]]; then
    [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fail "say a number after --events, not '${2:-}'"
    long=(--events "$2")
    shift 2
  fi
  (($# == 0)) || fail "bench server knows a number of seconds and --events N, not '$1'"
  mkdir -p target/bench/server
  steps 4
  step "the bench" cargo build --release --workspace --example load
  step "load on SQLite" measured target/bench/server/measured.json target/release/examples/load "$seconds" "${long[@]}"
  step "target/bench/server.json" node scripts/bench-record.mjs server target/bench/server/measured.json
  step "docs/reliability.md" node scripts/server/document.mjs
}

triqueta() { target/release/triqueta --quiet "$@"; }

# How fast models are learned, beside PyTorch, lightfm-next and implicit on the same made-up data and with as many threads,
# each side its own process, in turns; writes docs/training-speed.md. Five rounds take about ten minutes.
# usage: bench training [--rounds N]
bench_training() {
  local rounds=5
  if [[ ${1:-} == --rounds ]]; then
    rounds=${2:-}
    shift 2 || fail "say a number after --rounds"
  fi
  (($# == 0)) || fail "bench training knows --rounds N, not '$1'"
  [[ $rounds =~ ^[1-9][0-9]?$ ]] || fail "--rounds must be a number from 1 to 99, not '$rounds'"
  mkdir -p target/bench/training
  steps $((4 + rounds))
  step "the bench" cargo build --release --workspace --example training
  step "PyTorch, lightfm-next and implicit" peers_venv
  step "made-up data" target/release/examples/training data target/bench/training
  : >target/bench/training/runs.jsonl
  local round
  for ((round = 1; round <= rounds; round++)); do
    step "both sides in turns, round $round of $rounds" training_round
  done
  step "docs/training-speed.md" training_recorded
}

# The peers' Python, made once from PyPI; TRIQUETA_PEERS names another one that has these packages.
peers_venv() {
  [[ -z ${TRIQUETA_PEERS:-} ]] || return 0
  [[ -x target/bench/peers/bin/python ]] || python3 -m venv target/bench/peers
  target/bench/peers/bin/pip install --quiet --disable-pip-version-check torch numpy scipy implicit lightfm-next
}

# Each learner and the peer it is measured beside, a file of benches/training.
TRAINING_PEERS=(
  'two_tower torch_two_tower.py'
  'wide_deep torch_wide_deep.py'
  'neumf torch_neumf.py'
  'factorization_machine lightfm_machine.py'
  'ials implicit_factors.py'
  'bpr implicit_factors.py'
)

training_round() {
  local python=${TRIQUETA_PEERS:-target/bench/peers/bin/python} folder=target/bench/training threads pair name peer
  for pair in "${TRAINING_PEERS[@]}"; do
    read -r name peer <<<"$pair"
    # One after the other: what else the machine does changes from minute to minute, and would pass for a second thread's gain.
    for threads in 1 2; do
      printf '%s, threads: %s\n' "$name" "$threads"
      target/release/examples/training "$name" "$folder" "$threads" >>"$folder/runs.jsonl"
      "$python" -W ignore "benches/training/$peer" "$folder" "$threads" "$name" >>"$folder/runs.jsonl"
    done
  done
}

training_recorded() {
  node scripts/training/summary.mjs target/bench/training/runs.jsonl >target/bench/training/measured.json
  node scripts/bench-record.mjs training target/bench/training/measured.json
  node scripts/training/document.mjs
}
