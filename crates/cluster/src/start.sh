# Start a PostgreSQL server in a folder of its own, say where, and end both when
# standard input ends: then the asker is gone, however it went.
# $1: whether commits are synced, on or off.
set -e
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
cd /
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$bin/initdb" --pgdata="$folder/data" --username=sendebud --auth=trust --encoding=UTF8 \
    --locale=C --no-sync >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
"$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= \
    -c max_connections=400 -c fsync="$1" -c synchronous_commit="$1" \
    </dev/null >"$folder/log" 2>&1 &
server=$!
until "$bin/pg_isready" --quiet --host="$folder"; do
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.05
done
echo "$folder"
read -r _ || true
kill -INT "$server"
wait "$server" || true
