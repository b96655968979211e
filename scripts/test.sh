# shellcheck shell=bash
# All tests, from the core crate to a person's browser, with one summary at the end.

summary=()
passed_total=0
failed_total=0
skipped_total=0

run_test() {
  need_basics
  mind_the_room
  # What would make the next compilation faster takes more of the disk than what is compiled.
  export CARGO_INCREMENTAL=0
  steps 12
  step "tools" test_tools
  step "wasm module" wasm_module
  step "npm package" npm_package
  step "page" page
  step "triqueta program" cargo build -p triqueta-cli
  step "native test programs" cargo test --workspace --no-run
  counted "native tests" native_tests
  counted "wasm tests in Node" wasm_tests_in_node
  counted "wasm tests in Chromium" wasm_tests_in_chromium
  counted "npm package tests" npm_package_tests
  counted "page tests" page_tests
  counted "browser tests" browser_tests
  print_summary
}

# A full disk stops compilers in the middle, with words that say little: better said before.
mind_the_room() {
  local free needed=8
  [[ ! -d target/debug/deps ]] || needed=2
  free=$(($(df --output=avail -k . | tail -n 1) / 1024 / 1024))
  ((free >= needed)) || printf 'Only %d GiB of disk are free here, and the tests take about %d: they may stop for it.\n' "$free" "$needed"
}

test_tools() {
  wasm_tools
  chromium
  postgresql
  tracer
  npm_packages tests/browser
}

have_data() { [[ -d $TRIQUETA_DATA ]]; }

# Tests that need the real data sets carry real_data in their path; without the data they are left out and named.
# nextest has no part in documentation tests: they follow, whatever became of the others.
native_tests() {
  local without=() status=0
  if has cargo-nextest; then
    have_data || without=(-E 'not test(real_data)')
    cargo nextest run --workspace --no-fail-fast --failure-output final "${without[@]}" || status=1
  else
    have_data || without=(-- --skip real_data)
    cargo test --workspace --lib --bins --tests --no-fail-fast "${without[@]}" || status=1
  fi
  cargo test --workspace --doc || status=1
  return "$status"
}

tests_without_data() {
  have_data && return 0
  cargo test --quiet --workspace --lib --bins --tests -- --list 2>/dev/null | sed -n 's/^\(.*real_data.*\): test$/\1/p'
  sed -nE 's/^ *﹣ (.*) \([0-9.]+ms\) # .*TRIQUETA_DATA.*/\1/p' target/log/npm-package-tests.log target/log/browser-tests.log
}

wasm_tests_in_node() {
  WASM_BINDGEN_TEST_ONLY_NODE=1 wasm_tests
}

wasm_tests_in_chromium() {
  WASM_BINDGEN_USE_BROWSER=1 WASM_BINDGEN_TEST_ONLY_WEB=1 WASM_BINDGEN_TEST_TIMEOUT=300 CHROMEDRIVER=$(command -v chromedriver) \
    wasm_tests
}

# Without vector instructions and with them; only an optimised build uses those it has, and thousands of lists take seconds.
wasm_tests() {
  wasm_cargo test --release -p triqueta --features plain --test 'wasm_*' &&
    WASM_TARGET_DIR=target/wasm-simd RUSTFLAGS=-Ctarget-feature=+simd128 wasm_cargo test --release -p triqueta --features plain --test 'wasm_*'
}

npm_package_tests() {
  (cd pkg && NODE_OPTIONS=--test-reporter=spec npm test)
}

page_tests() {
  (cd www && NODE_OPTIONS=--test-reporter=spec npm test)
}

browser_tests() {
  (cd tests/browser && node --test --test-reporter=spec)
}

# counted TITLE COMMAND…: a stage whose log tells how many tests passed, failed and were skipped.
counted() {
  local passed failed skipped
  stage "$@"
  read -r passed failed skipped < <(counts "$step_log")
  if ((step_status == 0 && passed == 0)); then
    printf '      it ran no test: that counts as a failure\n'
    step_status=1
    failed_stages+=("$1")
  fi
  # A stage that broke before its runner could count has failed once all the same.
  if ((step_status != 0 && failed == 0)); then failed=1; fi
  summary+=("$(printf '  %-24s %5d passed %4d failed %4d skipped   %s' "$1" "$passed" "$failed" "$skipped" "$(duration "$step_seconds")")")
  passed_total=$((passed_total + passed))
  failed_total=$((failed_total + failed))
  skipped_total=$((skipped_total + skipped))
}

# counts LOG: passed, failed and skipped, as nextest, cargo test, wasm-bindgen's runner or node's runner say it.
counts() {
  awk '
    /^test result:/ {
      for (i = 4; i < NF; i++) {
        if ($(i + 1) ~ /^passed/) passed += $i
        if ($(i + 1) ~ /^failed/) failed += $i
        if ($(i + 1) ~ /^(ignored|filtered)/) skipped += $i
      }
    }
    /^ *Summary \[/ {
      for (i = 2; i <= NF; i++) {
        if ($i ~ /^passed/) passed += $(i - 1)
        if ($i ~ /^(failed|timed)/) failed += $(i - 1)
        if ($i ~ /^skipped/) skipped += $(i - 1)
      }
    }
    /^ℹ pass /    { passed += $3 }
    /^ℹ fail /    { failed += $3 }
    /^ℹ skipped / { skipped += $3 }
    END { print passed + 0, failed + 0, skipped + 0 }
  ' "$1"
}

print_summary() {
  local unseen
  printf '\nSummary\n'
  printf '%s\n' "${summary[@]}"
  unseen=$(tests_without_data)
  if ! have_data; then
    printf '  Not run, because there is no folder %s (TRIQUETA_DATA): %d\n' \
      "$TRIQUETA_DATA" "$(grep -c . <<<"$unseen")"
    [[ -z $unseen ]] || printf '    %s\n' "${unseen//$'\n'/$'\n    '}"
  fi
  ((${#failed_stages[@]} == 0)) || printf '  Failed: %s\n' "$(IFS=,; echo "${failed_stages[*]}")"
  total_time
  printf '%d passed, %d failed, %d skipped\n' "$passed_total" "$failed_total" "$skipped_total"
  ((${#failed_stages[@]} == 0)) || exit 1
}
