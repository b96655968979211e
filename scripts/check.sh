# shellcheck shell=bash
# What a change must satisfy beside its tests: form, lints, docs, licences, and the rules of the house.

run_check() {
  need_basics
  steps 13
  step "tools" check_tools
  stage "formatting" formatting
  stage "lints" lints
  stage "lints for the browser" lints_for_the_browser
  stage "documentation" documentation
  stage "size of the download" download_size
  stage "licences, bans and sources" licences
  stage "advisories" advisories
  stage "advisories of npm" npm_advisories
  stage "shell scripts" shellcheck -x -a build.sh .ci/run
  stage "rules of the house" house_rules
  stage "code written twice" code_written_twice
  stage "types of the page and the package" types
  total_time
  ((${#failed_stages[@]} == 0)) || fail "to mend: $(IFS=,; echo "${failed_stages[*]}")"
  echo "Nothing to mend."
}

check_tools() {
  wasm_tools
  cargo_tool cargo-deny 0.20.2
  apt_packages shellcheck
}

formatting() {
  cargo fmt --all --check && cargo fmt --manifest-path benches/index/Cargo.toml --check
}

# The core is a library in two forms: with everything that a page needs around the engine, and without.
lints() {
  cargo clippy --workspace --all-targets -- -D warnings &&
    cargo clippy -p triqueta --lib --no-default-features -- -D warnings
}

lints_for_the_browser() {
  if [[ $(<"$wasm_route_file") == 3 ]]; then
    apt_packages rust-web-clippy
    PATH=/usr/bin:$PATH wasm_cargo clippy -p triqueta --lib -- -D warnings &&
      PATH=/usr/bin:$PATH wasm_cargo clippy -p triqueta --lib --no-default-features --features plain -- -D warnings
  else
    wasm_cargo clippy -p triqueta --lib --test 'wasm_*' --features plain -- -D warnings &&
      wasm_cargo clippy -p triqueta --lib --test 'wasm_*' --no-default-features --features plain -- -D warnings
  fi
}

documentation() {
  RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
}

# What a visitor downloads, against what pkg/size.txt says.
download_size() {
  if std_sources; then
    wasm_module
    node scripts/size.mjs check
  else
    left_out "without the sources of the standard library the module is larger"
  fi
}

# Of the workspace, and of the index that is of none.
licences() {
  "$tools/bin/cargo-deny" check licenses bans sources &&
    "$tools/bin/cargo-deny" --config deny.toml --manifest-path benches/index/Cargo.toml check licenses bans sources
}

# The database of known weaknesses lives on the net: where it cannot be had, that is said and nothing fails.
advisories() {
  if "$tools/bin/cargo-deny" fetch db; then
    "$tools/bin/cargo-deny" check advisories
  else
    left_out "the advisory database cannot be reached"
  fi
}

# The same for what the lock files of npm name, tools included.
npm_advisories() {
  local lock found broken=0
  for lock in $(git ls-files '*package-lock.json'); do
    found=$(cd "$(dirname "$lock")" && npm audit --json --audit-level=moderate) && continue
    if [[ $found != *'"auditReportVersion"'* ]]; then
      left_out "the registry of npm says nothing of known weaknesses"
      return "$broken"
    fi
    printf '%s:\n%s\n' "$lock" "$found"
    broken=1
  done
  return "$broken"
}

code_written_twice() {
  scripts/tools/node_modules/.bin/jscpd --gitignore --min-tokens 100 --min-lines 15 --exitCode 1 \
    --pattern '**/*.{rs,ts,mjs,js,sh}' --reporters console .
}

types() {
  # The page is checked against the package's types, which the package's build writes.
  npm_package
  npm_packages www
  (cd www && npx tsc --noEmit -p tsconfig.json)
}
