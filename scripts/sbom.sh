# shellcheck shell=bash
# What is in what we hand out: a list of components (CycloneDX 1.5) for the `triqueta` program with the server in it, for the npm
# package with the crates of its module, and for the page. What only builds and tests is left out.

run_sbom() {
  need_basics
  steps 4
  step "tools" cargo_tool cargo-cyclonedx 0.5.9
  step "crates" sbom_of_crates
  step "npm packages" sbom_of_npm
  step "lists" sbom_lists
  printf 'Made %s\n' "$(printf '%s ' target/sbom/*.json)"
  total_time
}

# Crates as Cargo.lock has them: of the program for this machine, of the module for the browser.
sbom_of_crates() {
  local status=0
  rm -rf target/sbom
  mkdir -p target/sbom/raw
  crates_of cli target/sbom/raw/program.json "" || status=1
  crates_of . target/sbom/raw/module.json wasm32-unknown-unknown || status=1
  return "$status"
}

# crates_of FOLDER FILE TARGET: the tool writes beside each Cargo.toml of the workspace; one is kept, the others are removed also
# where it failed.
crates_of() {
  local folder=$1 file=$2 target=$3 status=0
  "$tools/bin/cargo-cyclonedx" cyclonedx --format json --spec-version 1.5 --no-build-deps --override-filename sbom \
    ${target:+--target "$target"} || status=1
  mv "$folder/sbom.json" "$file" || status=1
  rm -f sbom.json {trainer,server,cli,benches/pass}/sbom.json
  return "$status"
}

sbom_of_npm() {
  local folder
  for folder in pkg www; do
    npm_packages "$folder"
    (cd "$folder" && npm sbom --omit dev --sbom-format cyclonedx) >"target/sbom/raw/$folder.json"
  done
}

# The module travels in the package, and the package in the page.
sbom_lists() {
  node scripts/sbom.mjs target/sbom/raw/program.json >target/sbom/triqueta.json
  node scripts/sbom.mjs target/sbom/raw/{pkg,module}.json >target/sbom/recommender.json
  node scripts/sbom.mjs target/sbom/raw/{www,module}.json >target/sbom/page.json
  rm -r target/sbom/raw
}
