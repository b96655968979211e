# shellcheck shell=bash
# The npm side: packages as the lock files name them, the package in pkg/, the page in www/.

# npm_packages FOLDER: what its lock file names, installed again only when that changed.
npm_packages() {
  local wanted
  wanted=$(sha256sum "$1/package.json" "$1/package-lock.json")
  [[ $(cat "$1/node_modules/.installed" 2>/dev/null) == "$wanted" ]] && return 0
  (cd "$1" && npm ci --no-audit --no-fund) ||
    fail "npm could not install what $1/package-lock.json names: see its words above; it needs the npm registry once"
  printf '%s\n' "$wanted" >"$1/node_modules/.installed"
}

npm_package() {
  npm_packages pkg
  (cd pkg && npm run build)
}

page() {
  npm_packages www
  (cd www && npm run build)
}

run_pkg() {
  need_basics
  steps 3
  step "tools" wasm_tools
  step "wasm module" wasm_module
  step "npm package" packed_package
  printf 'Made %s; install it with: npm install %s\n' "$(ls target/npm/*.tgz)" "$PWD/$(ls target/npm/*.tgz)"
}

packed_package() {
  npm_package
  (cd pkg && npm run lint:package)
  rm -rf target/npm
  mkdir -p target/npm
  (cd pkg && npm pack --pack-destination ../target/npm)
}
