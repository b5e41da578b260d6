# What the scripts in tools/ share: sentences for a person, and steps that show their progress. Sourcing it changes
# nothing but names.
# shellcheck shell=bash

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck disable=SC2034  # used by the scripts that source this file
program=${0##*/}

say() { printf '%s\n' "$*"; }
complain() { printf '%s: %s\n' "$program" "$*" >&2; }
die() {
    complain "$*"
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# "3 s" or "2 min 5 s"
duration() {
    if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %d s' $(($1 / 60)) $(($1 % 60)); fi
}

# How many compilers fit: one for each processor and each 1.5 GB of free memory.
build_jobs() {
    local processors memory
    processors=$(nproc)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
    ((memory < processors)) && processors=$memory
    ((processors > 0)) || processors=1
    printf '%d' "$processors"
}

# The last line that a log shows, shortened to fit beside a title; a program's own progress line ends with CR.
last_line() {
    tail -c 2000 "$1" 2>/dev/null | tr '\r' '\n' | sed 's/\x1b\[[0-9;]*[A-Za-z]//g; /^[[:space:]]*$/d' | tail -n 1 |
        cut -c "1-${2:-60}"
}

# step TITLE LOG COMMAND...: runs COMMAND with its output in LOG; its exit code is the step's. From two seconds on it
# shows that it runs: a line that changes for a person at a terminal, one line now and then for a file.
# COMMAND gets a process group of its own (step_pid leads it), so that the whole of it can be stopped.
step_pid=
step() {
    local title=$1 log=$2 begun=$SECONDS code=0
    shift 2
    mkdir -p "$(dirname "$log")"
    set -m
    # The inner shell notes in the log how COMMAND ended, also when it crashed.
    ("$@" && exit 0 || exit "$?") </dev/null >"$log" 2>&1 &
    step_pid=$!
    set +m
    watch_step "$title" "$log" "$begun"
    wait "$step_pid" 2>/dev/null || code=$?
    step_pid=
    local outcome='done'
    ((code == 0)) || outcome=FAILED
    [[ -t 1 ]] && printf '\r\033[K'
    say "  $title: $outcome ($(duration $((SECONDS - begun))))"
    return "$code"
}

watch_step() {
    local title=$1 log=$2 begun=$3 spent told=0
    while kill -0 "$step_pid" 2>/dev/null; do
        spent=$((SECONDS - begun))
        if [[ -t 1 ]]; then
            ((spent < 2)) || printf '\r\033[K  %s  %s  %s' "$title" "$(duration "$spent")" "$(last_line "$log" 50)"
        elif ((spent >= 2 && (told == 0 || spent - told >= 20))); then
            say "  $title ... $(duration "$spent")  $(last_line "$log" 80)"
            told=$spent
        fi
        sleep 0.2
    done
}

# Ends the step that runs, if one does, with everything it started.
stop_step() {
    [[ -n $step_pid ]] || return 0
    kill -TERM -- "-$step_pid" 2>/dev/null || true
    wait "$step_pid" 2>/dev/null || true
    step_pid=
}

# build_preset NAME [TARGET...]: configures once, then ninja decides what is out of date.
build_preset() {
    local preset=$1 targets=()
    shift
    (($# == 0)) || targets=(--target "$@")
    # Ninja does not look at the presets by itself, and a changed compiler takes the other values out of the cache.
    if [[ ! $project/build/$preset/build.ninja -nt $project/CMakePresets.json ]]; then
        (cd "$project" && cmake --fresh --preset "$preset") || return 1
    fi
    (cd "$project" && cmake --build --preset "$preset" --parallel "$(build_jobs)" "${targets[@]}" -- "${ninja_flags[@]}")
}
ninja_flags=()

# npm_packages FOLDER: what its lock file names, fetched again only when that or node has changed.
npm_packages() {
    local folder=$1 stamp=$1/node_modules/.fieldpost-lock wanted
    wanted="$(node --version) $(sha256sum <"$folder/package-lock.json")"
    [[ $(cat "$stamp" 2>/dev/null) == "$wanted" ]] && return 0
    (cd "$folder" && npm ci --no-audit --no-fund) && printf '%s\n' "$wanted" >"$stamp"
}

# build_page: the device's page in build/web, only when its sources have changed.
build_page() {
    local folder=$project/daemon/web stamp=$project/build/web.stamp sources
    sources=$(cd "$folder" && find . -path ./node_modules -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
    [[ -f $project/build/web/index.html && $(cat "$stamp" 2>/dev/null) == "$sources" ]] && return 0
    npm_packages "$folder" && (cd "$folder" && npm run build) && printf '%s\n' "$sources" >"$stamp"
}

# Does somebody listen on this port of the loopback interface?
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# network_trouble LOG: did a package client fail because it reached no server?
network_trouble() {
    grep -qiE 'could not resolve|temporary failure|failed to fetch|could not connect|connection (failed|timed out|refused)|network is unreachable|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH' "$1"
}
