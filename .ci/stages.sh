# Shared by .ci/run and .ci/full: the environment, a timed stage, the table at the end. Sourced, not run.
# shellcheck shell=bash

export CI=true CARGO_TERM_COLOR=never CARGO_TERM_PROGRESS_WHEN=never CARGO_INCREMENTAL=0 NO_COLOR=1
export DEBIAN_FRONTEND=noninteractive GIT_TERMINAL_PROMPT=0
exec </dev/null

# What is worth keeping from one run to the next. A run must pass with it absent.
cache=${QUINTET_CI_CACHE:-${HOME:-/root}/.cache/quintet-ci}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
export CARGO_TARGET_DIR=$cache/target
readonly MOST_CACHED_GB=14

stage='' started=0 budget=0 table=()

# begin NAME BUDGET, in seconds. A stage over its budget gets a warning; it is then time to look why.
begin() {
  stage=$1 budget=$2 started=$SECONDS
  printf '\n== %s\n' "$stage"
}

end() {
  local took=$((SECONDS - started)) note=
  printf 'stage %s: %d s of %d s\n' "$stage" "$took" "$budget"
  if ((took > budget)); then
    note="over budget"
    printf 'warning: stage %s is over its budget\n' "$stage"
  fi
  table+=("$(printf '%-10s %8d %8d  %s' "$stage" "$took" "$budget" "$note")")
  stage=
}

# Prints the table and the verdict; call it from the EXIT trap with the exit status.
verdict() {
  if [[ -n $stage ]]; then table+=("$(printf '%-10s %8d %8d  %s' "$stage" "$((SECONDS - started))" "$budget" FAILED)"); fi
  printf '\n%-10s %8s %8s\n' stage seconds budget
  printf '%s\n' "${table[@]}"
  if [[ $1 -eq 0 ]]; then
    printf 'all stages passed in %d s\n' "$SECONDS"
  else
    printf 'FAILED in stage %s after %d s\n' "${stage:-set-up}" "$SECONDS"
  fi
}

# apt PROGRAM PACKAGE...: installs the packages if the program is not there yet.
apt() {
  local program=$1 packages=("${@:2}")
  if command -v "$program" >/dev/null; then return; fi
  printf 'installing %s\n' "${packages[*]}"
  local quiet=(apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
  "${quiet[@]}" update
  if ! "${quiet[@]}" install -y --no-install-recommends "${packages[@]}" >"$cache/apt.log" 2>&1; then
    tail -n 30 "$cache/apt.log"
    return 1
  fi
}

# A target folder grows with every version of every dependency. Past the limit it is cheaper to start afresh.
prune() {
  [[ -d $CARGO_TARGET_DIR ]] || return 0
  local gb
  gb=$(du -s --block-size=1G "$CARGO_TARGET_DIR" | cut -f 1)
  if ((gb > MOST_CACHED_GB)); then
    printf 'the target folder holds %d GB, more than %d: removed\n' "$gb" "$MOST_CACHED_GB"
    rm -rf "$CARGO_TARGET_DIR"
  fi
}

# The packages of tests/browser, kept in the cache and linked to where node looks for them.
node_modules() {
  local from=tests/browser to=$cache/browser
  mkdir -p "$to"
  if ! cmp -s "$from/package-lock.json" "$to/installed-lock.json"; then
    rm -rf "$to/node_modules"
    cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$to/"
    npm ci --prefix "$to" --ignore-scripts --no-audit --no-fund --loglevel=error
    cp "$from/package-lock.json" "$to/installed-lock.json"
  fi
  if [[ -L $from/node_modules || ! -e $from/node_modules ]]; then ln -sfn "$to/node_modules" "$from/node_modules"; fi
}
