#!/usr/bin/env bash
# The specs of Redis for a longer time: many more updates by several processes, and round after round of faults and failovers.
# How many rounds: the first argument, 5 by default.
set -euo pipefail
cd "$(dirname "$0")/../.."

for ((round = 1; round <= ${1:-5}; round++)); do
  echo "Round $round"
  REDIS_UPDATES=${REDIS_UPDATES:-20000} npx mocha --reporter dot \
    spec/external/redis-processes.spec.ts spec/external/redis-failover.spec.ts spec/external/redis-faults.spec.ts
done
