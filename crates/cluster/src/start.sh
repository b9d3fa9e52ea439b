# Start a PostgreSQL server in a folder of its own, say where, and end both when
# standard input ends: then the asker is gone, however it went.
# $1: whether commits are synced, on or off.
# $2, $3, $4: a port for callers by TLS, certificate and key; or none of them.
set -e
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
cd /
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$bin/initdb" --pgdata="$folder/data" --username=sendebud --auth=trust --encoding=UTF8 \
    --locale=C --no-sync >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
tls="-c listen_addresses="
if [ -n "$2" ]; then
    umask 077
    printf '%s' "$3" >"$folder/data/server.crt"
    printf '%s' "$4" >"$folder/data/server.key"
    printf 'local all all trust\nhostssl all all 127.0.0.1/32 trust\n' \
        >"$folder/data/pg_hba.conf"
    tls="-c listen_addresses=127.0.0.1 -c port=$2 -c ssl=on"
fi
# shellcheck disable=SC2086 # they are words of ours
"$bin/postgres" -D "$folder/data" -k "$folder" $tls \
    -c max_connections=400 -c fsync="$1" -c synchronous_commit="$1" \
    </dev/null >"$folder/log" 2>&1 &
server=$!
until "$bin/pg_isready" --quiet --host="$folder" --port="${2:-5432}"; do
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.05
done
echo "$folder"
read -r _ || true
kill -INT "$server"
wait "$server" || true
