#!/bin/sh
# What a deploy costs at the least: fetch, build with the same cache, run. The caller waits for the first getUpdates.
# usage: floor.sh <mirror> <url> <ref> <directory> <image> <container> <network> <env file>
set -eu
mirror=$1 url=$2 ref=$3 directory=$4 image=$5 container=$6 network=$7 env=$8
export DOCKER_BUILDKIT=0 DOCKER_SCAN_SUGGEST=false
git --git-dir "$mirror" fetch --quiet --depth 1 --no-tags --force -- "$url" "+$ref:refs/floor/wanted"
git --git-dir "$mirror" --work-tree "$directory" checkout --quiet --force refs/floor/wanted -- .
docker build --quiet --tag "$image" --file "$directory/Dockerfile" "$directory" >/dev/null
docker run --detach --init --name "$container" --network "$network" --env-file "$env" \
  --add-host host.docker.internal:host-gateway "$image" >/dev/null
