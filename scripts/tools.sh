# shellcheck shell=bash
# What the machine must have: checked first, installed where that is possible, asked for in one sentence where not.

tools=$PWD/target/tools

# What every verb needs and nobody but the developer can install.
need_basics() {
  has cargo || fail "cargo is missing: install Rust 1.95 or newer with rustup, then start again"
  has cc || apt_packages gcc libc6-dev
  has npm || fail "Node.js is missing: install Node.js 20 or newer with npm, then start again"
  local node_major
  node_major=$(node -p 'process.versions.node.split(".")[0]')
  ((node_major >= 20)) || fail "Node.js $node_major is too old: install Node.js 20 or newer, then start again"
}

# apt_packages NAME…: installs the Debian packages among these that are missing.
apt_packages() {
  local missing=() name
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${Status}' "$name" 2>/dev/null) == *" installed" ]] || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  has apt-get || fail "this machine has no apt-get: install ${missing[*]} with its own package manager, then start again"
  ((EUID == 0)) ||
    fail "run 'sudo apt-get install -y --no-install-recommends ${missing[*]}', then start again"
  export DEBIAN_FRONTEND=noninteractive
  # A list that cannot be refreshed may still be good enough for the packages wanted here.
  apt-get update || true
  apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install ${missing[*]}: see its words above; without a network, install them by hand"
}

# cargo_tool CRATE VERSION: a command line tool from crates.io, under target/tools.
# Compiled without optimisation: a tool runs for a second, and on two cores its optimised build takes minutes more.
cargo_tool() {
  local crate=$1 version=$2
  grep -qs "^\"$crate $version " "$tools/.crates.toml" && return 0
  local install=(cargo install "$crate" --version "$version" --root "$tools" --debug --config profile.dev.debug=false)
  # The author's lock file may name a version that a mirror of the registry lacks; compatible ones do then.
  "${install[@]}" --locked || "${install[@]}" ||
    fail "$crate $version could not be installed: see cargo's words above; it needs the crates.io registry once"
}

# The browser of the tests; both come at one version.
chromium() {
  if ! has chromium || ! has chromedriver; then apt_packages chromium chromium-driver; fi
}

# The database that tests of the import start and throw away themselves; only its programs are wanted.
postgresql() {
  [[ -x /usr/lib/postgresql/15/bin/initdb || -x /usr/local/bin/initdb ]] || apt_packages postgresql-15
}

# What makes the server's disk fail in its tests, and writes down what the server did to it.
tracer() {
  has strace || apt_packages strace
}
