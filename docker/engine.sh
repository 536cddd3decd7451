#!/usr/bin/env bash
# A Docker engine for the container tests on a Debian machine that has none: docker/engine.sh start|stop [DIRECTORY]
#
# `start` prints what the tests need as lines of `export`, everything else goes to standard error:
#
#     eval "$(docker/engine.sh start)"
#
# The engine lives in a network namespace of its own, with its bridges and firewall rules, and goes out through slirp4netns, so it
# changes nothing about the machine's network. Whatever the image is built from comes from the registry; where none can be reached
# it is made here: Debian by debootstrap, Node.js from this machine's, Redis from Debian's package. All of it stays in DIRECTORY,
# /var/tmp/alarmsync-engine unless told, so the next start takes a second. Needs root and /dev/net/tun.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
action=${1:-}
directory=${2:-/var/tmp/alarmsync-engine}
export DOCKER_HOST="unix://$directory/docker.sock"

debian_image=debian:bookworm-slim
node_image=$(sed -n 's/^FROM \(node:[^ ]*\).*/\1/p' "$here/Dockerfile" | head -n 1)
redis_image=$(sed -n 's/^ *image: \(redis:[^ ]*\).*/\1/p' "$here/compose.yaml" | head -n 1)

say() { printf 'engine: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

install_programs() {
  local missing=()
  [ -x /usr/sbin/dockerd ] && [ -x /usr/bin/docker ] || missing+=(docker.io)
  command -v docker-compose >/dev/null || missing+=(docker-compose)
  command -v debootstrap >/dev/null || missing+=(debootstrap)
  command -v iptables >/dev/null || missing+=(iptables)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v slirp4netns >/dev/null || missing+=(slirp4netns)
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "apt-get install ${missing[*]}"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# Debian's client, since another that is before it in the path may lack the builder that the engine has.
docker() { /usr/bin/docker "$@"; }

answers() { docker version >/dev/null 2>&1; }

# Debian's package may have started an engine of its own, which is left alone.
start_engine() {
  [ -c /dev/net/tun ] || fail 'expected /dev/net/tun, which slirp4netns needs to give the engine a network'
  install -d -m 0755 "$directory"
  rm -f "$directory/docker.pid"
  setsid unshare --net sh -c 'ip link set lo up && exec "$@"' sh dockerd \
    --host "$DOCKER_HOST" --data-root "$directory/root" --exec-root "$directory/exec" --pidfile "$directory/docker.pid" \
    --group "${SUDO_GID:-0}" --storage-driver overlay2 --exec-opt native.cgroupdriver=cgroupfs --dns 10.0.2.3 \
    >"$directory/dockerd.log" 2>&1 </dev/null &
  local starts=$!
  for _ in $(seq 1 120); do
    if [ -s "$directory/docker.pid" ] && answers; then break; fi
    kill -0 "$starts" 2>/dev/null || break
    sleep 0.25
  done
  answers || fail "expected an engine that answers, got: $(tail -n 3 "$directory/dockerd.log")"
  setsid slirp4netns --configure --mtu=65520 --disable-host-loopback "$(cat "$directory/docker.pid")" tap0 \
    >"$directory/slirp4netns.log" 2>&1 </dev/null &
  echo $! >"$directory/slirp4netns.pid"
}

stop_engine() {
  local name pid
  for name in docker slirp4netns; do
    pid=$(cat "$directory/$name.pid" 2>/dev/null || true)
    [ -n "$pid" ] || continue
    kill "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.25; done
    rm -f "$directory/$name.pid"
  done
}

# An image of that name: there already, from the registry, or made by the command that follows.
provide() {
  local image=$1
  shift
  docker image inspect "$image" >/dev/null 2>&1 && return 0
  timeout 300 /usr/bin/docker pull -q "$image" >/dev/null 2>&1 && return 0
  say "$image cannot be pulled, so it is made here"
  "$@" >"$directory/image.log" 2>&1 || fail "$image: $(tail -n 5 "$directory/image.log")"
}

make_debian() {
  local files=$directory/debian
  rm -rf "$files"
  debootstrap --variant=minbase bookworm "$files"
  rm -rf "$files"/var/cache/apt/archives/*.deb "$files"/var/lib/apt/lists/* "$files"/usr/share/{doc,man,locale,info}/*
  tar -C "$files" -c . | docker import --change 'CMD ["bash"]' - "$debian_image"
  rm -rf "$files"
}

# What this machine trusts goes along: it may reach the package registry through a proxy of its own authority.
make_node() {
  local files=$directory/node program wanted
  wanted=${node_image#node:}
  [[ $(node --version) == "v${wanted%%-*}."* ]] || fail "expected Node.js ${wanted%%-*} on this machine, got $(node --version)"
  program=$(readlink -f "$(command -v node)")
  rm -rf "$files"
  mkdir -p "$files"
  cp "$program" "$files/node"
  cp -rL "$(npm root -g)/npm" "$files/npm"
  cp -rL "$(dirname "$(dirname "$program")")/include/node" "$files/include"
  cp "${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" "$files/authorities.crt"
  docker build -t "$node_image" -f "$here/bases/node.Dockerfile" "$files"
  rm -rf "$files"
}

make_redis() {
  docker build -t "$redis_image" - <"$here/bases/redis.Dockerfile"
}

case $action in
  start)
    [ "$(id -u)" -eq 0 ] || fail 'expected root, for namespaces and firewall rules; run it by sudo'
    install_programs
    answers || start_engine
    provide "$debian_image" make_debian
    provide "$node_image" make_node
    provide "$redis_image" make_redis
    echo "export DOCKER_HOST=$DOCKER_HOST"
    # What tidies up after tests that were killed is an image too, which could not be pulled.
    echo 'export TESTCONTAINERS_RYUK_DISABLED=true'
    ;;
  stop) stop_engine ;;
  *) fail "expected start or stop, got: ${action:-nothing}" ;;
esac
