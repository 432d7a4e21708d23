#!/usr/bin/env bash
# mlenv on every node of a Slurm cluster, a document a node.
#
#   doctor.sh MLENV_PYZ REPORTS [OPTION...]     options go to `mlenv doctor`
#   mlenv report merge REPORTS
#
# The file and the folder are on storage that all nodes see.  Variables:
#   PARTITION    only its nodes                    COMMAND   doctor (verify does it too)
#   WAIT         seconds to wait for a busy node (30)
#   MINUTES      what a node may take (5)          AT_ONCE   nodes at a time (32)
# A node that is down, busy or late becomes a document that says so.
set -euo pipefail
if (($# < 2)); then
    sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
PYZ=$(realpath "$1")
REPORTS=$(realpath -m "$2")
shift 2
: "${PARTITION:=}" "${COMMAND:=doctor}" "${WAIT:=30}" "${MINUTES:=5}" "${AT_ONCE:=32}"
export PYZ REPORTS COMMAND WAIT MINUTES
mkdir -p "$REPORTS"

note() { # HOST REASON: the document of a node without a report
    local reason=${2//\\/\\\\}
    reason=${reason//\"/\\\"}
    printf '{"schema": "mlenv.unreachable/1", "host": "%s", "reason": "%s"}\n' "$1" "${reason//[$'\t\r\n']/ }" >"$REPORTS/$1.json"
}

ask() { # NODE STATE OPTION...
    local node=$1 state=$2 said
    shift 2
    case $state in
    idle* | mix* | alloc* | comp*) ;;
    *) note "$node" "Slurm has it as $state" && return ;;
    esac
    case $state in *"*") note "$node" "Slurm has it as $state: it does not respond" && return ;; esac
    said=$(timeout "$((WAIT + MINUTES * 60 + 60))" srun --quiet --nodes=1 --ntasks=1 --nodelist="$node" \
        ${PARTITION:+--partition="$PARTITION"} --immediate="$WAIT" --time="$MINUTES" --job-name=mlenv \
        --export=ALL,MLENV_PYZ_SECONDS="$((MINUTES * 60 - 10))" \
        python3 "$PYZ" "$COMMAND" --format json -q "$@" 2>&1 >"$REPORTS/$node.part") || true
    if grep -q '"schema"' "$REPORTS/$node.part"; then
        mv "$REPORTS/$node.part" "$REPORTS/$node.json"
    else
        rm -f "$REPORTS/$node.part"
        note "$node" "no report: ${said:0:300}"
    fi
}
export PARTITION
export -f ask note

# shellcheck disable=SC2016 # the inner shell expands it
sinfo --noheader --Node --format='%N %T' ${PARTITION:+--partition="$PARTITION"} | sort -u -k1,1 |
    while read -r node state; do printf '%s\0%s\0' "$node" "$state"; done |
    xargs -0 -r -n 2 -P "$AT_ONCE" bash -c 'options=("${@:1:$#-2}"); ask "${@: -2:1}" "${@: -1:1}" "${options[@]}"' ask "$@"
