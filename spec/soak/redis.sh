#!/usr/bin/env bash
# Runs the specs of Redis for longer: with many more updates by several processes, and with several rounds of faults and
# failovers. The first argument is the number of rounds, 5 by default.
set -euo pipefail
cd "$(dirname "$0")/../.."

for ((round = 1; round <= ${1:-5}; round++)); do
  echo "Round $round"
  REDIS_UPDATES=${REDIS_UPDATES:-20000} npx mocha --reporter dot \
    spec/external/redis-processes.spec.ts spec/external/redis-failover.spec.ts spec/external/redis-faults.spec.ts
done
