#!/bin/sh
# Looks after the manager from outside of it, once a minute: when its container was not well at two looks, it is
# restarted once and the owners are told, and told again when it is well. Needs docker, and curl or GNU wget.
#
#   host-timer.sh [configuration]     see host-timer.conf
set -u
umask 077
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}

main() {
  configure "${1:-/etc/tbs/host-timer.conf}"
  if is_upgrading; then exit 0; fi
  alone || exit 0
  recall
  look
  case $how in
    well) on_well ;;
    starting) on_starting ;;
    *) on_trouble ;;
  esac
  remember
}

on_well() {
  starting=0 bad=0
  if [ "$acted" = 0 ] && [ "$told" = 0 ]; then return; fi
  good=$((good + 1))
  if [ "$good" -lt "$SURE" ]; then return; fi
  if [ "$told" = 1 ]; then
    tell "tbs-manager on $host is well again." && forget
  else
    tell "tbs-manager on $host was not well for a while, and is well again." && forget
  fi
}

# One that ends again and again is never anything else.
on_starting() {
  starting=$((starting + 1)) good=0
  if [ "$starting" -gt "$LONG_START" ]; then
    why="it has been starting for $starting minutes"
    on_trouble
  fi
}

on_trouble() {
  good=0 bad=$((bad + 1))
  if [ "$bad" -lt "$SURE" ] && [ "$starting" -le "$LONG_START" ]; then return; fi
  if [ "$acted" = 0 ]; then
    restart
    # Before anything is said: whatever becomes of that, it is restarted once.
    remember
  fi
  if [ "$told" = 1 ]; then return; fi
  tell "tbs-manager on $host is not well: $why. $(what_was_done)" && told=1
}

# --- the container ---------------------------------------------------------------------------------------------------

# Sets how, why and id.
look() {
  how=bad id=
  if ! found=$(timeout 15 docker ps --all --quiet --no-trunc --filter "label=tbs.instance=$TBS_INSTANCE" \
    --filter label=tbs.role=manager 2>&1); then
    why="Docker does not answer"
    return
  fi
  id=$(printf '%s\n' "$found" | head -n 1)
  if [ -z "$id" ]; then
    why="it has no container"
    return
  fi
  state=$(timeout 15 docker inspect --format \
    '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}' "$id" 2>/dev/null)
  case $state in
    'running healthy' | 'running none') how=well ;;
    'running starting') how=starting ;;
    'running unhealthy') why="its container is unhealthy" ;;
    '') why="Docker does not answer" ;;
    *) why="its container is ${state% *}" ;;
  esac
}

# Sets acted.
restart() {
  acted=2
  if [ -n "$id" ] && timeout 45 docker restart --time 10 "$id" >/dev/null 2>&1; then acted=1; fi
}

what_was_done() {
  if [ "$acted" = 1 ]; then
    echo "It was restarted."
  else
    echo "It could not be restarted. See on the server: docker ps --all"
  fi
}

# --- what is known from the looks before -----------------------------------------------------------------------------

SURE=2
LONG_START=5

recall() {
  forget
  if [ -r "$TBS_TIMER_STATE" ]; then read -r bad good starting acted told <"$TBS_TIMER_STATE"; fi
  for number in "$bad" "$good" "$starting" "$acted" "$told"; do
    case $number in
      '' | *[!0-9]*) forget ;;
    esac
  done
}

# acted: 1 it was restarted, 2 in vain. told: the owners know.
forget() { bad=0 good=0 starting=0 acted=0 told=0; }

remember() {
  printf '%s\n' "$bad $good $starting $acted $told" >"$TBS_TIMER_STATE.new" &&
    mv "$TBS_TIMER_STATE.new" "$TBS_TIMER_STATE"
}

# --- telling ---------------------------------------------------------------------------------------------------------

# Tells every owner; fails when none could be told, so that the next look tries again.
tell() {
  token=
  read -r token <"$TBS_TOKEN_FILE" || true
  case $token in
    '' | *[!0-9A-Za-z:_-]*) complain "$TBS_TOKEN_FILE does not hold a bot token" && return 1 ;;
  esac
  reached=1
  while read -r owner || [ -n "$owner" ]; do
    case $owner in
      '' | *[!0-9]*) continue ;;
    esac
    if send "$owner" "$(printf '%s' "$1" | plain)" </dev/null; then reached=0; fi
  done <"$TBS_OWNER_FILE"
  return "$reached"
}

# The token must be in no argument and in no variable of a program's environment: everybody on the host can see the one,
# and root's other programs the other. It goes through a pipe.
send() {
  url="${TELEGRAM_API_ROOT%/}/bot$token/sendMessage"
  if command -v curl >/dev/null; then
    printf 'url = "%s"\ndata-urlencode = "chat_id=%s"\ndata-urlencode = "text=%s"\n' "$url" "$1" "$2" |
      curl --disable --silent --max-time 15 --config - 2>/dev/null
  elif command -v wget >/dev/null; then
    body="chat_id=$1&text=$(printf '%s' "$2" | sed 's/%/%25/g; s/+/%2B/g; s/&/%26/g; s/ /+/g')"
    printf '%s\n' "$url" |
      wget --quiet --timeout=15 --tries=1 --output-document=- --post-data="$body" --input-file=- 2>/dev/null
  else
    complain "neither curl nor wget is installed"
  fi | grep -q '"ok": *true'
}

# One line without anything that curl's configuration, or a terminal, would take for more than text.
plain() { tr '\n"\\' "  /" | tr -cd '[:print:]' | cut -c 1-300; }

complain() { printf 'host-timer: %s\n' "$1" >&2; }

# --- around it -------------------------------------------------------------------------------------------------------

configure() {
  if [ -r "$1" ]; then . "$1"; fi
  : "${TBS_INSTANCE:=tbs}" "${TELEGRAM_API_ROOT:=https://api.telegram.org}"
  : "${TBS_TOKEN_FILE:=/etc/tbs/token}" "${TBS_OWNER_FILE:=/etc/tbs/owners}"
  : "${TBS_TIMER_STATE:=/var/lib/tbs/host-timer}" "${TBS_UPGRADE_MARKER:=/var/lib/tbs/upgrading}"
  host=$(uname -n)
  mkdir -p "$(dirname "$TBS_TIMER_STATE")"
}

# A marker that an upgrade left behind does not silence it for ever.
is_upgrading() { [ -n "$(find "$TBS_UPGRADE_MARKER" -mmin -30 2>/dev/null)" ]; }

# One look at a time, also when it takes longer than a minute; what a killed one left behind does not count for long.
alone() {
  find "$TBS_TIMER_STATE.lock" -prune -mmin +5 -exec rmdir {} \; 2>/dev/null
  if ! mkdir "$TBS_TIMER_STATE.lock" 2>/dev/null; then
    [ -d "$TBS_TIMER_STATE.lock" ] || complain "$(dirname "$TBS_TIMER_STATE") can not be written"
    return 1
  fi
  trap 'rmdir "$TBS_TIMER_STATE.lock"' EXIT
  trap 'exit 1' HUP INT TERM
}

main "$@"
