# shellcheck shell=bash
# The rules of the house that a search can decide. Each prints what breaks it, and why it is a rule.

house_rules() {
  local broken=0
  rule "a file holds one idea: at most 500 lines" long_files
  rule "only src/wasm/ speaks to the browser" browser_names_elsewhere
  rule "unsafe code lives in the kernel file alone" unsafe_elsewhere
  rule "scores come from src/model: trainer/ has a forward pass of its own in fit/ alone, for the gradients" other_forward_passes
  rule "a browser test waits for a promise with until(): waitForFunction takes any for true" promises_taken_for_true
  rule "a stage uses the stages before it, never those after" stages_out_of_order
  return "$broken"
}

# rule SENTENCE COMMAND: broken where the command prints anything.
rule() {
  local found
  found=$("$2")
  if [[ -n $found ]]; then
    printf 'Broken: %s\n%s\n' "$1" "$found"
    broken=1
  else
    printf 'Kept: %s\n' "$1"
  fi
}

# search PATTERN PATH…: matching lines of tracked and new files, none is fine.
search() {
  local pattern=$1
  shift
  git grep --untracked -nE "$pattern" -- "$@" || true
}

long_files() {
  git ls-files --cached --others --exclude-standard '*.rs' '*.ts' '*.mjs' '*.js' '*.sh' '*.css' '*.html' build.sh |
    while read -r file; do
      [[ ! -f $file ]] || wc -l "$file"
    done | awk '$1 > 500 { print "  " $2 ": " $1 " lines" }'
}

browser_names_elsewhere() {
  search '\b(web_sys|js_sys|wasm_bindgen|wasm_bindgen_futures)::' 'src' ':!src/wasm' 'trainer' 'server' 'cli'
}

unsafe_elsewhere() {
  search 'allow\(unsafe_code\)|\bunsafe (\{|fn|impl)' '*.rs' ':!src/model/kernel.rs'
}

other_forward_passes() {
  search 'fn (score|forward)\b' 'trainer/src' ':!trainer/src/fit' 'server' 'cli'
}

promises_taken_for_true() {
  search 'waitForFunction\(async' 'tests/browser/*.mjs'
}

# The order of the flow; math and error serve all of them.
stages=(event catalog history feature model rank bundle outbox experiment)

stages_out_of_order() {
  local index later
  for index in "${!stages[@]}"; do
    later=("${stages[@]:index+1}" engine wasm)
    [[ ! -d src/${stages[index]} ]] ||
      search "^[^/]*crate::($(IFS='|'; echo "${later[*]}"))\b" "src/${stages[index]}"
  done
}
