/** Below a volume: what arrives, until it is whole. */
export const ARRIVING = '.tbs-cp'

/** Makes room for what arrives, also where an earlier try was cut off. */
export const MAKE_ROOM = `rm -rf /data/${ARRIVING} && install -d -m 700 /data/${ARRIVING}`

export const CLEAR = `rm -rf /data/${ARRIVING}`

/**
 * $1: user:group, $2: a place below /data. Puts there what has arrived: file/<name> becomes that file, or goes into it
 * if it is a directory; what is in directory/ goes into it. Each file is whole or the one before. The rests of a SQLite
 * database that is replaced would be taken for those of the new one.
 */
export const PUT = `
owner=$1 to=/data/$2 from=/data/${ARRIVING}
trap 'rm -rf "$from"' EXIT
if [ ! -f "$from/whole" ]; then echo 'it did not arrive as a whole'; exit 1; fi
chown --recursive --no-dereference "$owner" "$from"
sync -f "$from"
put() {
  if [ -d "$2" ] && [ ! -L "$2" ]; then echo "\${2#/data/} is a directory"; exit 1; fi
  if [ ! -L "$1" ] && [ "$(head -c 15 "$1" | tr -d '\\0')" = 'SQLite format 3' ]; then
    rm -f "$2-wal" "$2-shm" "$2-journal"
  fi
  mv -fT "$1" "$2"
}
if [ -d "$from/file" ]; then
  name=$(ls -A "$from/file")
  if [ -d "$to" ]; then to=$to/$name; fi
  if [ ! -d "\${to%/*}" ]; then echo "there is no directory \${to%/*}" | sed s,/data/,,; exit 1; fi
  put "$from/file/$name" "$to"
else
  cd "$from/directory"
  find . -type d -print0 | sort -z | while IFS= read -r -d '' path; do
    if [ ! -d "$to/$path" ]; then install -d -o "\${owner%%:*}" -g "\${owner##*:}" "$to/$path"; fi
  done
  find . ! -type d -print0 | sort -z | while IFS= read -r -d '' path; do put "$path" "$to/$path"; done
fi
sync -f /data`
