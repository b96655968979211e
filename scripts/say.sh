# shellcheck shell=bash
# How a run speaks: numbered steps with their times, what a failing step printed, and one sentence on what to do.

run_started=$SECONDS
step_number=0
step_total=0
step_log=""
failed_stages=()

# fail SENTENCE: what is wrong and what to do about it.
fail() {
  printf 'build.sh: %s\n' "$1" >&2
  exit 1
}

# left_out REASON: called inside a step that cannot do its work here, and need not.
left_out() { printf 'left out: %s\n' "$1"; }

has() { command -v "$1" >/dev/null 2>&1; }

# steps N: how many steps this run will count.
steps() { step_total=$1; }

# duration SECONDS: as a person would say it.
duration() {
  if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

# numbered TITLE COMMAND…: runs the command as the next step; step_status, step_seconds and step_log tell how it went.
# Its output goes to target/log; where it stops with an error, the end of that is shown.
# Called as a condition (`if`, `||`), a command would lose its own `set -e`: hence a variable and no return status.
numbered() {
  local title=$1 started=$SECONDS
  shift
  step_number=$((step_number + 1))
  mkdir -p target/log
  step_log="target/log/${title//[^A-Za-z0-9]/-}.log"
  printf '[%d/%d] %s … ' "$step_number" "$step_total" "$title"
  set +e
  if [[ -n ${TRIQUETA_VERBOSE:-} ]]; then
    printf '\n'
    (set -e; "$@") 2>&1 | tee "$step_log"
    step_status=${PIPESTATUS[0]}
  else
    (set -e; "$@") >"$step_log" 2>&1
    step_status=$?
  fi
  set -e
  step_seconds=$((SECONDS - started))
  if ((step_status == 0)); then
    printf '%s%s\n' "$(duration "$step_seconds")" "$(sed -n 's/^left out: \(.*\)/ (left out: \1)/p' "$step_log")"
  else
    printf 'failed after %s\n' "$(duration "$step_seconds")"
    [[ -n ${TRIQUETA_VERBOSE:-} ]] || tail -n 120 "$step_log"
    printf '(the whole output: %s)\n' "$step_log"
  fi
}

# step TITLE COMMAND…: a step that all later ones need.
step() {
  numbered "$@"
  ((step_status == 0)) || fail "stopped at '$1'; the lines above say why"
}

# stage TITLE COMMAND…: a step whose failure is remembered while the others still run.
stage() {
  numbered "$@"
  ((step_status == 0)) || failed_stages+=("$1")
}

total_time() { printf 'Total time: %s\n' "$(duration $((SECONDS - run_started)))"; }
