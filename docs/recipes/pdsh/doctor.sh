#!/usr/bin/env bash
# mlenv on many hosts with pdsh, a document a host.
#
#   doctor.sh HOSTS MLENV_PYZ REPORTS [OPTION...]     HOSTS as pdsh has them: ws[1-40]
#   mlenv report merge REPORTS
#
# The file is on storage that all hosts see.  SECONDS_EACH (120) is what a host may take.
# A host that is out of reach or late becomes a document that says so.
set -euo pipefail
if (($# < 3)); then
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
hosts=$1
pyz=$(realpath "$2")
reports=$(realpath -m "$3")
shift 3
: "${SECONDS_EACH:=120}"
mkdir -p "$reports"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

words=$(printf '%q ' "$pyz" doctor --format json -q "$@")
pdsh -t 10 -u "$((SECONDS_EACH + 20))" -w "$hosts" "MLENV_PYZ_SECONDS=$SECONDS_EACH python3 $words" \
    >"$work/said" 2>"$work/beside" || true

# Every line begins with its host.
pdsh -R exec -w "$hosts" -f 1 echo %h | sed 's/^[^:]*: //' | while read -r host; do
    sed -n "s/^$host: //p" "$work/said" >"$reports/$host.json"
    if ! grep -q '"schema"' "$reports/$host.json"; then
        reason=$(grep -F "$host" "$work/beside" | head -n 1 | tr -cd '[:print:]' | tr -d '"' | tr "\\\\" /)
        printf '{"schema": "mlenv.unreachable/1", "host": "%s", "reason": "%s"}\n' "$host" \
            "${reason:-no report came back}" >"$reports/$host.json"
    fi
done
