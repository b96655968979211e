# shellcheck shell=bash
# A search for inputs that break a reader of bytes from elsewhere, guided by what code they reach (libFuzzer). The bounded form,
# tests/parsers.rs, is part of the tests.

# usage: fuzz [--runs N] [READER…]   (default: 1,000,000 inputs for each reader)
run_fuzz() {
  local runs=1000000 reader readers=()
  while (($#)); do
    case $1 in
      --runs)
        runs=${2:-}
        shift 2 || fail "say a number after --runs"
        ;;
      *)
        readers+=("$1")
        shift
        ;;
    esac
  done
  [[ $runs =~ ^[1-9][0-9]*$ ]] || fail "--runs must be a number, not '$runs'"
  need_basics
  has c++ || apt_packages g++
  steps 2
  step "readers with instructions for libFuzzer" fuzz_build
  step "inputs to begin with" env TRIQUETA_SEEDS="$fuzz_target/seeds" "$fuzz_target/fuzz"
  [[ ${#readers[@]} -gt 0 ]] || readers=("$fuzz_target"/seeds/*)
  for reader in "${readers[@]}"; do
    fuzz_reader "$(basename "$reader")" "$runs"
  done
  total_time
}

fuzz_target=target/fuzz

# Stable Rust knows what libFuzzer asks for: which branches an input takes, and what it was compared with.
fuzz_build() {
  local coverage=(-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1)
  CARGO_TARGET_DIR=$fuzz_target RUSTFLAGS=${coverage[*]} \
    cargo build --release --manifest-path tests/fuzz/Cargo.toml --target "$(rustc --print host-tuple)"
  cp "$fuzz_target/$(rustc --print host-tuple)/release/fuzz" "$fuzz_target/fuzz"
}

# What is found to reach new code is kept in target/fuzz/corpus; what breaks a reader in target/fuzz/crashers: once mended, it
# joins the seeds of its reader in tests/fuzz/parsers.rs, under a name that says what it was.
fuzz_reader() {
  local reader=$1 runs=$2 found=$fuzz_target/corpus/$1 seeds=$fuzz_target/seeds/$1
  [[ -d $seeds ]] || fail "there is no reader '$reader'; the readers are: $(cd "$fuzz_target/seeds" && printf '%s ' *)"
  mkdir -p "$found" "$fuzz_target/crashers"
  printf '%s: %s inputs\n' "$reader" "$runs"
  TRIQUETA_READER=$reader "$fuzz_target/fuzz" -runs="$runs" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$fuzz_target/crashers/$reader-" "$found" "$seeds"
}
